import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Memory:
    """The memory over HTTP: where it is and whom this call speaks for, both from the headers of the call."""

    def __init__(self, headers):
        self.url, self.token = headers["concord-memory"], headers["concord-token"]

    def open(self, method, path, body=None, operation=None, **query):
        headers = {"concord-token": self.token, "content-type": "application/json"}
        if operation is not None:
            headers["idempotency-key"] = operation
        data = None if body is None else json.dumps(body).encode()
        return urlopen(Request(f"{self.url}/{path}?{urlencode(query)}", data, headers, method=method))

    def ask(self, *what, **query):
        return json.load(self.open(*what, **query))

    # State: shared with every agent of the run. A write that has a name is done once, however often it is sent.
    def put(self, key, value, operation):
        return self.ask("PUT", "state", {"value": value}, operation, key=key)

    def increment(self, key, by, operation):
        return self.ask("POST", "state/increment", {"by": by}, operation, key=key)

    def watch(self, key, since):
        """Every change of the key after a sequence, as it is committed."""
        event = None
        with self.open("GET", "watch", key=key, since=since) as stream:
            for line in stream:
                field, _, text = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    event = text
                elif field == "data" and event == "change":
                    yield json.loads(text)

    # Knowledge: what is known for longer than a run, found by words and by meaning.
    def learn(self, name, text):
        return self.ask("POST", "knowledge", {"id": name, "text": text})

    def search(self, question):
        return [hit["text"] for hit in self.ask("POST", "knowledge/search", {"question": question})["hits"]]

    # What was said before: earlier goals of the thread with their answers, and facts about whom the goal is about.
    def thread(self):
        return self.ask("GET", "thread")["turns"]

    def facts(self, query):
        return [fact["fact"] for fact in self.ask("GET", "facts", query=query)["facts"]]

    def remember(self, fact, about):
        return self.ask("POST", "facts", {"fact": fact, "about": about})

    # Log: what happened in the run so far.
    def log(self):
        return self.ask("GET", "log")["events"]


class Clerk(BaseHTTPRequestHandler):
    """Takes what is ordered from the stock, then waits until the buyer has seen it and decided."""

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        memory = Memory(self.headers)
        taken = memory.increment("stock", -order["take"], "take")
        memory.put("sold", {"take": order["take"], "left": taken["value"]}, "sold")
        # Since its own write: whatever the buyer did meanwhile is not missed.
        decision = next(change for change in memory.watch("reorder", taken["sequence"]))
        answer = {"left": taken["value"], "reordered": decision["value"], "by": decision["provenance"]["agent"]}
        answer["earlier"] = [turn["goal"] for turn in memory.thread()]
        answer["known"] = memory.search("who orders how many") + memory.facts("last order")
        answer["began"] = memory.log()[0]["type"]
        memory.learn("orders", f"Somebody ordered {order['take']} at once.")
        memory.remember(f"Ordered {order['take']}.", "last order")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Clerk)
print(server.server_port, flush=True)
server.serve_forever()
