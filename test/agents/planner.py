"""Plans one step a word of params.words; planning again, it does what the reasons ask for."""
from served import serve


def plan(asked, _headers):
    words, seconds = asked["params"]["words"], asked["params"].get("seconds", 0)
    if any("polite" in reason for reason in asked.get("previous", {}).get("reasons", [])):
        words = ["please"] + words
    return {
        "steps": [
            {"id": f"w{i}", "agent": "worker", "payload": {"word": word, "seconds": seconds}} for i, word in enumerate(words)
        ]
    }


serve(plan)
