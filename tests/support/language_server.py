"""A language server of thirty lines that does what the text it is sent tells it to."""

import json
import os
import sys
import time
from pathlib import Path


def read():
    length = int(sys.stdin.buffer.readline().split(b":")[1])
    sys.stdin.buffer.readline()
    return json.loads(sys.stdin.buffer.read(length))


def send(content):
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def obey(word, rest):
    if word == "die":
        os._exit(3)
    if word == "die-once" and not Path(rest).exists():
        Path(rest).touch()
        os._exit(3)
    while word == "spin":
        pass
    while word == "hang":
        time.sleep(60)
    if word == "shout":
        sys.stdout.buffer.write(b"Content-Length: 99999999\r\n\r\n")
        sys.stdout.buffer.flush()
    if word == "ask":
        send({"id": 7, "method": "client/registerCapability", "params": {}})
        assert read() == {"jsonrpc": "2.0", "id": 7, "result": None}
    if word == "chatter":
        for _ in range(100):
            send({"method": "window/logMessage", "params": {"message": "x" * 10_000}})


def main():
    if "--fail" in sys.argv:
        sys.exit("no such luck")
    text = ""
    while True:
        message = read()
        if message["method"] == "textDocument/didOpen":
            text = message["params"]["textDocument"]["text"]
        if "id" in message:
            word, _, rest = text.partition(" ")
            obey(word, rest)
            where = {"line": 0, "character": 0}
            item = {"range": {"start": where, "end": where}, "message": text, "severity": 1}
            send({"id": message["id"], "result": {"items": [item]}})


if __name__ == "__main__":
    main()
