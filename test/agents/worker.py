"""Says a word, in capitals when told so. GET tells how often each Idempotency-Key was asked for."""
import json, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked = {}

class Worker(BaseHTTPRequestHandler):
    def do_POST(self):
        key = self.headers["Idempotency-Key"]
        asked[key] = asked.get(key, 0) + 1
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(payload.get("seconds", 0))
        self.answer({"text": payload["word"].upper() if "feedback" in payload else payload["word"], "told": payload.get("feedback")})

    def do_GET(self):
        self.answer(asked)

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Worker)
print(server.server_port, flush=True)
server.serve_forever()
