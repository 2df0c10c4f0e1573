"""Text that has broken parsers, terminals, databases or framings; chosen from standards and experience."""

from __future__ import annotations

FRAMING = (
    "", " ", " leading", "trailing ", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\n\n\n\ndata: x\n\n",
    "data: x\n\nevent: evil\ndata: y\n\n", "id: 9-9\n\n", "retry: 1\n\n", ":", ": comment\n\n",
    "event: reset\ndata: {}\n\n", "\rdata: old mac\r\r", "a\x0bb\x0cc", "\x1c\x1d\x1e", "\x85", "\u2028",
    "\u2029", "\u2028\n\u2029\r\x85\n\n", "data:", "data", "\ufeffdata: x",
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n",
)  # fmt: skip
JSON = (
    '"', "\\", '\\"', "\\\\", "\\n", "\\u0000", "\\ud800", "{}", "[]", "null", "NaN", "Infinity", "-0",
    "1e999", "}{", '{"a":', "]]>", '","x":"', "'", "`", "${1}", "\\x00", "\\/", "/", "<\\/script>",
)  # fmt: skip
CONTROL = (
    "\0", "a\0b", "\0\0\0", "\x01\x02\x03\x04\x05\x06\x07", "\b", "\t", "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07", "\x7f", "\x80\x9f", "\x1a", "\x04",
)  # fmt: skip
UNICODE = (
    "한글 상세페이지 ₩1,000", "각", "각 각",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f1f0\U0001f1f7\U0001f1f0", "e\u0301\u0301\u0301", "\u202etxet desrever", "\u2066\u2069\u200f\u061c",
    "\u200b\u200c\u200d\u2060\ufeff", "\ufffe\uffff", "\U0010ffff", "\ud7ff\ue000", "\ufdd0", "\ufffd",
    "\u0130\u0131\u017fK", "\u1e9e\u00df", "\ufb01", "\uff11\uff12\uff13", "\u03a9≈ç√∫", "田中さんにあげて下さ\u3044",
    "مرحبا", "שלום", "ᚠᛇᚻ", "\U0001d573\U0001d58a\U0001d591\U0001d591\U0001d594", "\U000e0001\U000e0020",
    "\u0600", "\u180e",
)  # fmt: skip
INJECTION = (
    "<script>alert(1)</script>", "</script><script>", "<!--", "--><b>", "javascript:alert(1)",
    "'; drop table outbox; --", "1' or '1'='1", "%00", "%0d%0a", "%s%n%x", "{{7*7}}", "{% raw %}", "$(id)",
    "; id", "../../etc/passwd", "C:\\con\\nul", "=cmd|'/c calc'!A1", "<![CDATA[", "&lt;&amp;&#0;", "undefined",
    "__proto__", "constructor",
)  # fmt: skip
LONG = ("x" * 20_000, "\n" * 2_000, "\0" * 500, "\ufdfa" * 30, "e" + "\u0301\u0330\u0489" * 40)
NAUGHTY = (*FRAMING, *JSON, *CONTROL, *UNICODE, *INJECTION, *LONG)
