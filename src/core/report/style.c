/* SPDX-License-Identifier: Apache-2.0 */
/* The style sheet of the status page. */
#include "core/report/style.h"

#include <string.h>

#include <openssl/evp.h>

#include "apr_strings.h"

#include "core/trust/parsed_file.h"

enum { BASE64_SIZE = 4 * ((CFO_DIGEST_SIZE + 2) / 3) + 1 };

/* The contrast of text is at least 4.5:1, of charts 3:1, on both backgrounds (WCAG 2). */
const char cfo_report_style[] =
    ":root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--text:#1b1f24;"
    "--soft:#57606a;--line:#d5dae0;--link:#0a58ca;--bad:#b3261e;--badback:#fdecea;"
    "--warn:#8a5300;--warnback:#fff4df;--good:#1a6b34;--goodback:#e8f5ec;"
    "--g0:#1b6ec2;--g1:#0c8577;--g2:#6e7781;--g3:#c62828;--g4:#c05f00;--g5:#8540b8;"
    "--g6:#5d5a4a;--none:#e3e7eb}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#0f1317;--card:#181d23;"
    "--text:#e4e8ec;--soft:#a3adb8;--line:#343c45;--link:#80b8ff;--bad:#ff9a90;"
    "--badback:#3a1a1a;--warn:#f3bd62;--warnback:#35290f;--good:#7fd197;"
    "--goodback:#14301d;--g0:#5aa2ee;--g1:#45c5b5;--g2:#98a2ad;--g3:#ff7b72;"
    "--g4:#f0a040;--g5:#c792ea;--g6:#c9c3a0;--none:#252c34}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:75rem;padding:0 1rem 3rem;background:var(--back);"
    "color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
    "header,nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;align-items:baseline}\n"
    "header{padding:1rem 0 .5rem}\n"
    "h1{font-size:1.25rem;margin:0}h2{font-size:1.125rem;margin:0 0 .5rem}"
    "h3{font-size:1rem;margin:0}\n"
    "p{margin:.25rem 0}small{color:var(--soft);font-size:.8125rem}\n"
    "header p,nav,.note,.ticks,.scale{color:var(--soft);font-size:.875rem}\n"
    "a{color:var(--link)}nav a,nav b{padding:.125rem .25rem}"
    "a:focus-visible,input:focus-visible,button:focus-visible,summary:focus-visible,"
    ".scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"
    "section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;"
    "padding:1rem;margin:0 0 1rem}\n"
    ".state{border-left:.5rem solid}.state h2{font-size:1.5rem;line-height:1.25;"
    "margin:0}.state p{color:var(--text)}\n"
    ".state.bad{background:var(--badback);border-color:var(--bad)}"
    ".state.warn{background:var(--warnback);border-color:var(--warn)}"
    ".state.good{background:var(--goodback);border-color:var(--good)}"
    ".state.off{border-color:var(--soft)}\n"
    ".bad{color:var(--bad)}.warn{color:var(--warn)}.good{color:var(--good)}\n"
    "section.bad,section.warn,section.good{color:inherit}\n"
    ".problems{list-style:none;margin:0;padding:0}"
    ".problems>li{padding:.625rem 0;border-top:1px solid var(--line);display:grid;"
    "grid-template-columns:minmax(0,1fr) auto;column-gap:1rem}"
    ".problems h3,.problems p{grid-column:1/-1}"
    ".problems p.place{color:var(--soft);font-size:.8125rem}"
    ".problems>li:first-child{border-top:0;padding-top:0}\n"
    ".problems h3{display:flex;gap:.5rem;align-items:baseline;flex-wrap:wrap}\n"
    ".badge{font-size:.75rem;font-weight:700;text-transform:uppercase;"
    "letter-spacing:.04em;border:1px solid;border-radius:.25rem;padding:0 .375rem;"
    "white-space:nowrap}\n"
    ".badge.notice{color:var(--soft)}\n"
    "code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "td,th,code,h3,p,.name{unicode-bidi:isolate}"
    "h1,h2,h3,p,td small code{overflow-wrap:anywhere}"
    "tbody th{overflow-wrap:anywhere;min-width:9.5rem}\n"
    ".charts{display:grid;grid-template-columns:1fr;gap:1.25rem}\n"
    "figure{margin:0;min-width:0}figcaption{font-weight:600}\n"
    "svg{display:block;width:100%;height:6.5rem;border-bottom:1px solid var(--soft)}"
    "svg.low{height:4rem}svg.empty{height:.75rem}\n"
    ".g0{fill:var(--g0);background:var(--g0)}.g1{fill:var(--g1);background:var(--g1)}"
    ".g2{fill:var(--g2);background:var(--g2)}.g3{fill:var(--g3);background:var(--g3)}"
    ".g4{fill:var(--g4);background:var(--g4)}.g5{fill:var(--g5);background:var(--g5)}"
    ".g6{fill:var(--g6);background:var(--g6)}.none{fill:var(--none)}\n"
    ".key{display:inline-block;width:.75rem;height:.75rem;border-radius:.125rem;"
    "margin-right:.375rem}\n"
    ".scale{margin:.5rem 0 .125rem}.scale b{color:var(--text)}\n"
    ".ticks{display:flex;justify-content:space-between;list-style:none;margin:0;"
    "padding:0}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;margin:.5rem 0;"
    "padding:0;font-size:.875rem}\n"
    ".scroll{overflow-x:auto;max-width:100%}details .scroll{max-height:24rem;"
    "overflow-y:auto}summary{cursor:pointer;color:var(--link);font-size:.875rem;"
    "padding:.25rem 0}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9375rem}"
    "caption{text-align:left;color:var(--soft);font-size:.875rem;padding:.25rem 0}\n"
    "th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;"
    "border-bottom:1px solid var(--line);font-weight:400}"
    "thead th{color:var(--soft);font-size:.8125rem;vertical-align:bottom}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".zero{color:var(--soft)}td small,th small{display:block}td small{min-width:7rem}"
    "tr.group th{font-weight:600;padding-top:.75rem}\n"
    ".policy{font-weight:600;white-space:nowrap}\n"
    "form{display:flex;flex-wrap:wrap;gap:.25rem .5rem;align-items:center;"
    "font-size:.875rem}input,button{font:inherit;color:inherit;background:var(--back);"
    "border:1px solid var(--soft);border-radius:.25rem;padding:.25rem .5rem;"
    "min-height:2rem}input{width:15rem;max-width:100%}button{cursor:pointer}\n"
    ".rest{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,"
    "minmax(min(100%,22rem),1fr));align-items:start}.rest section{margin:0}\n"
    "footer{color:var(--soft);font-size:.875rem;padding-top:1rem}\n"
    "@media(min-width:60rem){.charts{grid-template-columns:1fr 1fr}"
    ".problems h3{grid-column:1}.problems p.place{grid-column:2;grid-row:1}"
    ".by-reason th small{display:inline;margin-left:.75rem}}\n"
    "@media(max-width:40rem){body{padding:0 .5rem 2rem}section{padding:.75rem}"
    ".wide{display:none}th,td{padding-right:.5rem}tbody th{min-width:6.5rem}"
    "thead th.n{white-space:normal}td:not(.n){overflow-wrap:anywhere}"
    "td small{min-width:5.5rem}}\n"
    "@media(forced-colors:active){svg rect,.key{forced-color-adjust:none}}\n";

const char *cfo_report_style_policy(apr_pool_t *p)
{
    unsigned char digest[CFO_DIGEST_SIZE];
    char hash[BASE64_SIZE];

    cfo_parsed_file_digest(cfo_report_style, strlen(cfo_report_style), digest);
    EVP_EncodeBlock((unsigned char *)hash, digest, sizeof digest);
    return apr_pstrcat(p, "default-src 'none'; style-src 'sha256-", hash,
                       "'; img-src data:; form-action 'self'; base-uri 'none'; "
                       "frame-ancestors 'none'",
                       NULL);
}
