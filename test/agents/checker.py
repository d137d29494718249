"""Wants the first word in capitals if the goal says LOUD, and a please if it says polite."""
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Checker(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = [result["text"] for result in asked["results"]]
        verdict = {"valid": True, "summary": " ".join(texts)}
        if "polite" in asked["goal"] and "please" not in texts:
            verdict = {"valid": False, "summary": None, "reasons": ["not polite"]}
        elif "LOUD" in asked["goal"] and not texts[0].isupper():
            verdict = {"valid": False, "summary": None, "redo": [{"step": "w0", "feedback": "louder"}]}
        body = json.dumps(verdict).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Checker)
print(server.server_port, flush=True)
server.serve_forever()
