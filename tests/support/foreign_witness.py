"""A witness that shares no line with ours: C2SP tlog-witness and cosignature/v1, written from their texts alone.

Only the standard library and an Ed25519 implementation. It knows one log, keeps its state in memory, and does one thing
at a time. `delay_seconds` and `answer` make it slow, or a liar.
"""

import base64
import contextlib
import hashlib
import http.server
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class ForeignWitness:
    """Its key and name, the log that it knows, and what it has seen of it."""

    def __init__(self, name: str, log_name: str, log_public_key: bytes) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.name = name
        self.log_name = log_name
        self.log_key = Ed25519PublicKey.from_public_bytes(log_public_key)
        self.size, self.root = 0, hashlib.sha256().digest()
        self.delay_seconds = 0.0
        self.answer: tuple[int, str, bytes] | None = None
        self.asked = 0

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n\x04" + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([4]) + self.public)}"

    def add_checkpoint(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer, in the order of the specification's checks."""
        self.asked += 1
        time.sleep(self.delay_seconds)
        if self.answer is not None:
            return self.answer
        head, _, note = body.decode().partition("\n\n")
        old_line, *proof_lines = head.split("\n")
        old = int(old_line.removeprefix("old "))
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        origin, size_line, root_line, _ = text.split("\n")
        size, root = int(size_line), base64.b64decode(root_line)
        if origin != self.log_name:
            return 404, "text/plain", b""
        if not any(self._signed(text, line) for line in signatures.splitlines()):
            return 403, "text/plain", b""
        if old > size:
            return 400, "text/plain", b""
        if old != self.size or (old == size and root != self.root):
            return 409, "text/x.tlog.size", f"{self.size}\n".encode()
        if old and not consistent(old, size, self.root, root, [base64.b64decode(line) for line in proof_lines]):
            return 422, "text/plain", b""
        self.size, self.root = size, root
        return 200, "text/plain", self._cosigned(text)

    def _signed(self, text: str, line: str) -> bool:
        dash, name, encoded = line.split(" ")
        try:
            self.log_key.verify(base64.b64decode(encoded)[4:], text.encode())
        except InvalidSignature:
            return False
        return dash == "—" and name == self.log_name

    def _cosigned(self, text: str) -> bytes:
        now = int(time.time())
        signature = self.key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        line = f"— {self.name} {_base64(self.key_id + struct.pack('>Q', now) + signature)}\n"
        # A line of a key that nobody knows comes first: the client must ignore it.
        return f"— {self.name} {_base64(bytes(76))}\n{line}".encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2, step by step."""
    if first == second:
        return not proof and first_root == second_root
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    if not proof:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = _node(c, fr), _node(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@contextmanager
def serving(witness: ForeignWitness, certificate: Path, key: Path, prefix: str = "/w9") -> Iterator[str]:
    """The witness behind TLS; its submission prefix as a URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == f"{prefix}/add-checkpoint"
            status, content_type, answer = witness.add_checkpoint(body) if known else (404, "text/plain", b"")
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(answer)))
            with contextlib.suppress(OSError):  # whoever asked may be gone
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
