# Copyright (c) 2026 The ovs-ext Authors.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at:
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""JSON-RPC over a Unix socket: ovsdb-server's, and ovs-appctl's."""

import json
import socket

from failure import Failure


class JsonRpc:
    """A connection to the socket 'path' of 'box', which answers within
    'timeout' seconds.  OSError says that it does not."""

    def __init__(self, box, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(box.path(path))
        except OSError:
            self.socket.close()
            raise
        self.text = ""
        self.n = 0

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def receive(self):
        while True:
            try:
                message, end = json.JSONDecoder().raw_decode(self.text)
                self.text = self.text[end:].lstrip()
                return message
            except json.JSONDecodeError:
                data = self.socket.recv(1 << 20)
            if not data:
                raise Failure("the connection was closed")
            self.text += data.decode()

    def call(self, method, *params):
        """Returns the result; an error raises Failure."""
        self.n += 1
        self.socket.sendall(json.dumps(
            {"method": method, "params": params, "id": self.n}).encode())
        while True:
            message = self.receive()
            if message.get("method") == "echo":
                self.socket.sendall(json.dumps(
                    {"result": message["params"], "error": None,
                     "id": message["id"]}).encode())
            elif message.get("id") == self.n:
                break
        if message.get("error"):
            raise Failure(f"{method}: {message['error']}")
        return message["result"]

    def transact(self, database, *operations):
        """One transaction; one that fails raises Failure."""
        results = self.call("transact", database, *operations)
        for result in results:
            if result and "error" in result:
                raise Failure(f"{database}: {result}")
        return results
