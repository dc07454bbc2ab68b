"""Reads a message (RFC 5322, MIME) from standard input with Python's own parser, and writes what it understood as JSON."""

import email
import email.policy
import json
import sys

message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
recipients = message["to"].addresses if message["to"] else ()
json.dump(
    {
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": parts.get("text/plain", "").replace("\r\n", "\n"),
        "html": parts.get("text/html", "").replace("\r\n", "\n"),
        "to": [{"name": one.display_name, "address": one.addr_spec} for one in recipients],
        "defects": [
            type(defect).__name__
            for part in message.walk()
            for defect in [*part.defects, *(fault for value in part.values() for fault in value.defects)]
        ],
    },
    sys.stdout,
)
