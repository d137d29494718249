"""Wants the first word in capitals if the goal says LOUD, and a please if it says polite."""
from served import serve


def check(asked, _headers):
    texts = [result["text"] for result in asked["results"]]
    if "polite" in asked["goal"] and "please" not in texts:
        return {"valid": False, "summary": None, "reasons": ["not polite"]}
    if "LOUD" in asked["goal"] and not texts[0].isupper():
        return {"valid": False, "summary": None, "redo": [{"step": "w0", "feedback": "louder"}]}
    return {"valid": True, "summary": " ".join(texts)}


serve(check)
