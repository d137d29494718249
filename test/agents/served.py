"""What every program here is behind: POST is answered by `answer(payload, headers)`, GET by `told()`. The first line printed is the port."""
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(answer, told=dict):
    class Served(BaseHTTPRequestHandler):
        def do_POST(self):
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.say(answer(payload, self.headers))

        def do_GET(self):
            self.say(told())

        def say(self, value):
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    print(server.server_port, flush=True)
    server.serve_forever()
