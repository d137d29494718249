"""Says a word, in capitals when told so. GET tells how often each Idempotency-Key was asked for."""
import time

from served import serve

asked = {}


def say(payload, headers):
    key = headers["Idempotency-Key"]
    asked[key] = asked.get(key, 0) + 1
    time.sleep(payload.get("seconds", 0))
    word, feedback = payload["word"], payload.get("feedback")
    return {"text": word if feedback is None else word.upper(), "told": feedback}


serve(say, lambda: asked)
