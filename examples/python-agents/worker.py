import json
from http.server import BaseHTTPRequestHandler, HTTPServer

class Worker(BaseHTTPRequestHandler):
    def do_POST(self):
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        words = len(payload["text"].split()) if "feedback" in payload else len(payload["text"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"words": words}).encode())

server = HTTPServer(("127.0.0.1", 0), Worker)
print(server.server_port, flush=True)
server.serve_forever()
