import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Memory:
    """Shared state over HTTP: where it is and whom this call speaks for, both from the headers of the call."""

    def __init__(self, headers):
        self.url, self.token = headers["concord-memory"], headers["concord-token"]

    def ask(self, method, path, query, body=None, key=None):
        headers = {"concord-token": self.token, "content-type": "application/json"}
        if key is not None:
            headers["idempotency-key"] = key
        data = None if body is None else json.dumps(body).encode()
        return urlopen(Request(f"{self.url}/{path}?{urlencode(query)}", data, headers, method=method))

    def get(self, key):
        return json.load(self.ask("GET", "state", {"key": key}))

    def put(self, key, value, operation):
        return json.load(self.ask("PUT", "state", {"key": key}, {"value": value}, operation))

    def increment(self, key, by, operation):
        return json.load(self.ask("POST", "state/increment", {"key": key}, {"by": by}, operation))

    def watch(self, key, since):
        """Every change of the key after a sequence, as it is committed."""
        event = None
        with self.ask("GET", "watch", {"key": key, "since": since}) as stream:
            for line in stream:
                field, _, text = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    event = text
                elif field == "data" and event == "change":
                    yield json.loads(text)


class Clerk(BaseHTTPRequestHandler):
    """Takes what is ordered from the stock, then waits until the buyer has seen it and decided."""

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        memory = Memory(self.headers)
        # Called again after a crash it takes nothing twice: the write has a name.
        taken = memory.increment("stock", -order["take"], "take")
        memory.put("sold", {"take": order["take"], "left": taken["value"]}, "sold")
        # Since its own write: whatever the buyer did meanwhile is not missed.
        decision = next(change for change in memory.watch("reorder", taken["sequence"]))
        answer = {"left": taken["value"], "reordered": decision["value"], "by": decision["provenance"]["agent"]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Clerk)
print(server.server_port, flush=True)
server.serve_forever()
