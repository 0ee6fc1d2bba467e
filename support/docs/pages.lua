-- SPDX-License-Identifier: Apache-2.0
-- For pandoc: links to pages lead to their HTML, tables can be scrolled, and comments (the markers of the
-- examples) stay out. The title of a page is its first heading.

local function html(target)
    local path, anchor = target:match("^([^#]*)(#?.*)$")
    if path:match("^%a+:") or not path:match("%.md$") then
        return target
    end
    return path:gsub("README%.md$", "index.md"):gsub("%.md$", ".html") .. anchor
end

function Link(link)
    link.target = html(link.target)
    return link
end

function Table(table)
    return pandoc.Div({ table }, { class = "table" })
end

function RawBlock(block)
    if block.text:match("^<!%-%-") then
        return {}
    end
end

function Pandoc(document)
    local sections = 0
    for _, block in ipairs(document.blocks) do
        if block.t == "Header" and block.level == 1 and not document.meta.title then
            document.meta.title = pandoc.utils.stringify(block)
        elseif block.t == "Header" and block.level == 2 then
            sections = sections + 1
        end
    end
    document.meta.sections = sections > 2
    return document
end
