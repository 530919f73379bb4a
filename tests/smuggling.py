"""Requests that two servers could cut in different places, so that one hides in the other.

    python -m tests.smuggling HOST PORT CERTIFICATE    what this machine's web server makes of them

Each is sent by a connection of its own. Whoever reads it must refuse it and hang up: the second
request that stands in it is never answered.
"""

import re
import socket
import ssl
import sys
from contextlib import suppress

SECONDS = 10
HIDDEN = "GET /health/?hidden HTTP/1.1\r\nHost: {host}\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
LENGTH = "Content-Length: {whole}"
# What the heads say of the length, in contradiction or so that readers differ.
HEADS = {
    "a length and chunks": (LENGTH, CHUNKED),
    "chunks and a length": (CHUNKED, LENGTH),
    "two lengths": (LENGTH, "Content-Length: 5"),
    "two lengths in one": ("Content-Length: {whole}, 5",),
    "a length with a sign": ("Content-Length: +{whole}",),
    "a negative length": ("Content-Length: -1",),
    "a length in hexadecimal": ("Content-Length: 0x5",),
    "a length in other digits": ("Content-Length: ٥",),
    "a space before the colon": ("Transfer-Encoding : chunked",),
    "a space before the length's colon": ("Content-Length : {whole}",),
    "chunks under another name": ("Transfer-Encoding: xchunked", LENGTH),
    "chunks twice": (CHUNKED, CHUNKED, LENGTH),
    "chunks, then as it is": ("Transfer-Encoding: chunked, identity", LENGTH),
    "a vertical tab before chunks": ("Transfer-Encoding:\x0bchunked", LENGTH),
    "a line that goes on": ("X-One: 1", " " + CHUNKED, LENGTH),
    "a line that ends by CR alone": ("X-One: 1\rTransfer-Encoding: chunked", LENGTH),
    "a zero byte in a name": ("Transfer-Encoding\0: chunked", LENGTH),
}
# Bodies in chunks whose end readers could see in different places.
CHUNKS = {
    "a chunk without a size": "\r\n\r\n",
    "a size in hexadecimal by its prefix": "0x0\r\n\r\n",
    "a size with a sign": "+0\r\n\r\n",
    "a size that is too large for a number": "1" + "0" * 40 + "\r\n\r\n",
    "a chunk that is longer than its size": "1\r\nabc\r\n0\r\n\r\n",
    "a size that ends by CR alone": "0\r\r\n\r\n",
}


def requests_for(host: str) -> dict[str, bytes]:
    """Return the requests, each with another in it, by what is wrong with them."""
    hidden = HIDDEN.format(host=host)
    first = f"POST /find/ HTTP/1.1\r\nHost: {host}\r\n"
    first += "Content-Type: application/x-www-form-urlencoded\r\n"
    found = {}
    for what, heads in HEADS.items():
        body = f"0\r\n\r\n{hidden}"
        told = "\r\n".join(heads).format(whole=len(body))
        found[what] = f"{first}{told}\r\n\r\n{body}"
    for what, begin in CHUNKS.items():
        found[what] = f"{first}{CHUNKED}\r\n\r\n{begin}{hidden}"
    return {what: text.encode() for what, text in found.items()}


def answers_to(request: bytes, host: str, port: int, certificate: str = "") -> list[int]:
    """Send it to this machine and return the status of every answer until the server hangs up.

    Raises TimeoutError where it does not.
    """
    with socket.create_connection(("127.0.0.1", port), SECONDS) as plain:
        link = plain
        if certificate:
            context = ssl.create_default_context(cafile=certificate)
            link = context.wrap_socket(plain, server_hostname=host)
        found = b""
        link.sendall(request)
        with suppress(ConnectionResetError):
            while part := link.recv(65536):
                found += part
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", found)]


def refused(answers: list[int]) -> bool:
    """Say whether one request was refused, and no other was answered."""
    return len(answers) == 1 and 400 <= answers[0] < 600


def main(host: str, port: str, certificate: str) -> int:
    bad = 0
    for what, request in requests_for(host).items():
        answers = answers_to(request, host, int(port), certificate)
        bad += not refused(answers)
        print(f"{'refused' if refused(answers) else 'NOT REFUSED'}  {what}: {answers}")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
