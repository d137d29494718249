import json
from http.server import BaseHTTPRequestHandler, HTTPServer

class Planner(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        steps = [{"id": f"count-{n}", "agent": "worker", "payload": {"text": text}} for n, text in enumerate(asked["params"]["texts"])]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"steps": steps}).encode())

server = HTTPServer(("127.0.0.1", 0), Planner)
print(server.server_port, flush=True)
server.serve_forever()
