"""The sentences of licensing, by the keys that the rules carry.

``now`` is the time that terms follow; with it, near dates carry their weekday and only far ones their year.
"""

from tenantry.licensing.texts.consequences import (
    caution_text,
    consequence_text,
    ending_text,
    is_about_returns,
    option_text,
    question_text,
    when_text,
)
from tenantry.licensing.texts.glossary import GLOSSARY, rule_text
from tenantry.licensing.texts.labels import (
    alternative_label,
    button_label,
    decision_text,
    kind_text,
    next_charge_text,
    order_text,
    status_text,
    term_text,
    wish_text,
)
from tenantry.licensing.texts.refusals import refusal_text
from tenantry.licensing.texts.words import seats

__all__ = [
    "GLOSSARY",
    "alternative_label",
    "button_label",
    "caution_text",
    "consequence_text",
    "decision_text",
    "ending_text",
    "is_about_returns",
    "kind_text",
    "next_charge_text",
    "option_text",
    "order_text",
    "question_text",
    "refusal_text",
    "rule_text",
    "seats",
    "status_text",
    "term_text",
    "when_text",
    "wish_text",
]
