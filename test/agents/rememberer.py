"""Uses all of the memory that a call is handed, with nothing but the two headers: state, knowledge, log, thread and facts."""
import json
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from served import serve


def remember(payload, headers):
    def ask(method, path, body=None, operation=None, **query):
        sent = {"concord-token": headers["concord-token"], "content-type": "application/json"}
        if operation is not None:
            sent["idempotency-key"] = operation
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{headers['concord-memory']}/{path}?{urlencode(query)}", data, sent, method=method)
        try:
            return json.load(urlopen(request))
        except HTTPError as error:
            return json.load(error)["code"]

    ask("PUT", "state", {"value": payload["note"]}, "note 1", key="note")
    ask("POST", "knowledge", {"id": "note", "namespace": "team/t", "text": payload["note"]})
    kept = ask("POST", "facts", {"fact": payload["fact"], "about": "drink"})
    return {
        "state": ask("GET", "state", key="note")["value"],
        "knowledge": [hit["text"] for hit in ask("POST", "knowledge/search", {"namespace": "team/t", "question": "note"})["hits"]],
        "log": [event["type"] for event in ask("GET", "log")["events"]][:3],
        "thread": [[turn["goal"], turn["answer"]] for turn in ask("GET", "thread")["turns"]],
        "facts": [fact["fact"] for fact in ask("GET", "facts", query="which drink")["facts"]],
        "supersedes": kept.get("supersedes", {}).get("fact"),
        "source": sorted(kept["source"]),
        "dropped": [ask("DELETE", "facts", about="nothing")["dropped"], ask("DELETE", "facts", about="drink", subject="bob")],
    }


serve(remember)
