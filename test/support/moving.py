# SPDX-License-Identifier: Apache-2.0
"""Applies the changes that cf-originctl migrate proposes, as an administrator would, step by step."""


class Move:
    """The lines of configuration files, and what each became."""

    def __init__(self, files, written):
        self.files = {str(path): [[line] for line in path.read_text().splitlines()] for path in files}
        self.changes = [change for vhost in written["vhosts"] for change in vhost["changes"]]
        self.steps = sorted({change["step"] for change in self.changes})

    def apply(self, step):
        for change in self.changes:
            if change["step"] == step:
                getattr(self, change["op"])(self.files[change["file"]], change)

    def add(self, lines, change):
        lines[change["last_line"] - 1] += change["new"].splitlines()

    def remove(self, lines, change):
        """A line that an earlier step added, or lines of the file."""
        place = lines[change["line"] - 1]
        if change["old"] in place[1:]:
            place.remove(change["old"])
            return
        self.delete(lines, change)

    def delete(self, lines, change):
        for number in range(change["line"] - 1, change["last_line"]):
            del lines[number][0]

    def change(self, lines, change):
        """Of a line of the file, or of one that an earlier step added below it."""
        place = lines[change["line"] - 1]
        added = [index for index, text in enumerate(place) if index and text == change["old"]]
        if added:
            place[added[0]:added[0] + 1] = change["new"].splitlines()
            return
        self.delete(lines, change)
        place[:0] = change["new"].splitlines()

    def edit(self, lines, change):
        for number in range(change["line"] - 1, change["last_line"]):
            lines[number] = [text.replace(change["old"], change["new"]) for text in lines[number]]

    def write(self):
        for path, lines in self.files.items():
            with open(path, "w") as file:
                file.write("".join(text + "\n" for line in lines for text in line))
