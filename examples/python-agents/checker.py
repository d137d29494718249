import json
from http.server import BaseHTTPRequestHandler, HTTPServer

class Checker(BaseHTTPRequestHandler):
    def do_POST(self):
        words = [result["words"] for result in json.loads(self.rfile.read(int(self.headers["Content-Length"])))["results"]]
        redo = [{"step": f"count-{n}", "feedback": "count words, not letters"} for n, count in enumerate(words) if count > 9]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"valid": not redo, "summary": {"words": sum(words)}, "redo": redo}).encode())

server = HTTPServer(("127.0.0.1", 0), Checker)
print(server.server_port, flush=True)
server.serve_forever()
