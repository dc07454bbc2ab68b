"""A PostgreSQL client that shares no code with the product: protocol 3.0, SCRAM-SHA-256 (RFC 5802, RFC 7677), nothing else.

Where and as whom it signs in stands in the same variables that psql reads: PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD.
`foreign-client.py <statement>` prints the rows as `psql -At` does. Without a statement it reads statements from its
standard input, a line each, until its session ends. What the server refuses goes to stderr, and it exits with 2.
"""

import base64
import hashlib
import hmac
import os
import secrets
import socket
import struct
import sys

LIMIT_SECONDS = 10


class Refused(Exception):
    """The server's own words, or that it is gone."""


class Session:
    def __init__(self):
        env = os.environ
        self.stream = socket.create_connection((env["PGHOST"], int(env["PGPORT"])), LIMIT_SECONDS)
        self.read = self.stream.makefile("rb").read
        words = ["user", env["PGUSER"], "database", env["PGDATABASE"], ""]
        self.send(b"", struct.pack("!i", 196608) + b"\0".join(w.encode() for w in words) + b"\0")
        self.sign_in(env["PGUSER"], env["PGPASSWORD"])

    def send(self, kind, body):
        self.stream.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def receive(self):
        head = self.read(5)
        if len(head) < 5:
            raise Refused("server closed the connection unexpectedly")
        body = self.read(struct.unpack("!i", head[1:])[0] - 4)
        if head[:1] == b"E":
            fields = {f[:1]: f[1:].decode() for f in body.split(b"\0") if f}
            raise Refused(f"{fields[b'S']}:  {fields[b'M']}")
        return head[:1], body

    def authentication(self, expected):
        kind, body = self.receive()
        (code,) = struct.unpack("!i", body[:4])
        # A server that wants no password, or a weaker proof, would make every refusal that is tested worthless.
        if kind != b"R" or code != expected:
            raise Refused(f"the server asked for authentication {code} instead of {expected}")
        return body[4:]

    def sign_in(self, user, password):
        if b"SCRAM-SHA-256" not in self.authentication(10).split(b"\0"):
            raise Refused("the server does not offer SCRAM-SHA-256")
        bare = f"n=,r={base64.b64encode(secrets.token_bytes(18)).decode()}".encode()
        first = b"n,," + bare
        self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
        challenge = self.authentication(11)
        nonce, salt, rounds = (part[2:] for part in challenge.split(b",")[:3])
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
        client = mac(salted, b"Client Key")
        unproven = b"c=biws,r=" + nonce
        said = b",".join([bare, challenge, unproven])
        proof = bytes(a ^ b for a, b in zip(client, mac(hashlib.sha256(client).digest(), said)))
        self.send(b"p", unproven + b",p=" + base64.b64encode(proof))
        signature = base64.b64decode(self.authentication(12)[2:])
        if not hmac.compare_digest(signature, mac(mac(salted, b"Server Key"), said)):
            raise Refused("the server does not know the password itself")
        self.authentication(0)
        self.until_ready()

    def until_ready(self):
        rows = []
        while True:
            kind, body = self.receive()
            if kind == b"Z":
                return rows
            if kind == b"D":
                rows.append("|".join(cells(body)))

    def run(self, statement):
        self.stream.settimeout(None)
        self.send(b"Q", statement.encode() + b"\0")
        return self.until_ready()


def mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def cells(body):
    at = 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        (length,) = struct.unpack("!i", body[at : at + 4])
        at += 4
        yield "" if length < 0 else body[at : at + length].decode()
        at += max(length, 0)


def main():
    try:
        session = Session()
        for statement in sys.argv[1:] or iter(sys.stdin.readline, ""):
            for row in session.run(statement):
                print(row, flush=True)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(2)


main()
