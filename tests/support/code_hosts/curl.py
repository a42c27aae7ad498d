"""`curl` of a job: the API on loopback as it answers; of the network only Pulumi's installer, which installs
nothing."""

from __future__ import annotations

import sys

CURL = f"""#!{sys.executable}
import sys, urllib.error, urllib.request

words, headers, url, output = sys.argv[1:], dict(), None, None
while words:
    word = words.pop(0)
    if word == "--header":
        name, _, value = words.pop(0).partition(": ")
        headers[name] = value
    elif word == "--output":
        output = words.pop(0)
    elif word.startswith("-"):
        assert word == "-fsSL", word
    else:
        assert url is None, word
        url = word
if url == "https://get.pulumi.com":
    print('[ "$1" = --version ] && [ -n "$2" ] && mkdir -p "$HOME/.pulumi/bin"')
    sys.exit(0)
assert url.startswith("http://127.0.0.1:"), url
try:
    body = urllib.request.urlopen(urllib.request.Request(url, headers=headers)).read()
except urllib.error.HTTPError as error:
    print(f"curl: (22) The requested URL returned error: {{error.code}}", file=sys.stderr)
    sys.exit(22)
open(output, "wb").write(body)
"""
