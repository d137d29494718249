"""Plans one step a word of params.words; planning again, it does what the reasons ask for."""
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Planner(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words, seconds = asked["params"]["words"], asked["params"].get("seconds", 0)
        if any("polite" in reason for reason in asked.get("previous", {}).get("reasons", [])):
            words = ["please"] + words
        steps = [{"id": f"w{i}", "agent": "worker", "payload": {"word": word, "seconds": seconds}} for i, word in enumerate(words)]
        body = json.dumps({"steps": steps}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Planner)
print(server.server_port, flush=True)
server.serve_forever()
