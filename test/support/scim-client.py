"""Tries a SCIM 2.0 server as a client does that shares no code with it: scim2-tester, whose checks follow RFC 7643 and RFC 7644.

Its address and token stand in SCIM_BASE and SCIM_TOKEN. Prints a JSON object: how many checks passed, and what did not.
"""

import json
import os

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server
from scim2_tester.utils import Status

http = Client(
    base_url=os.environ["SCIM_BASE"],
    headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"},
    timeout=30,
)
client = SyncSCIMClient(http)
client.discover()
results = check_server(client)
passed = [result for result in results if result.status == Status.SUCCESS]
others = [
    f"{result.status.name} {result.title}: {result.reason}"
    for result in results
    if result.status != Status.SUCCESS
]
print(json.dumps({"passed": len(passed), "others": others}))
