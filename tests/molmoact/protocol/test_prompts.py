import json

import pytest

from molmoact.protocol.prompts import PromptStyle, chat_prompt, question, style_for


def test_chat_line_is_the_recorded_one(golden_dir):
    for case in json.loads((golden_dir / "processor/chat_template.json").read_text()):
        messages = case.get("messages", [])
        if len(messages) == 1 and isinstance(messages[0]["content"], str) and case["add_generation_prompt"]:
            assert chat_prompt(messages[0]["content"]) == case["out"]
            return
    pytest.fail("no recorded conversation of one turn")


def test_multi_view_question_is_that_of_the_published_training_rows():
    asked = question(PromptStyle.MULTI_VIEW, "close the box")
    assert asked.startswith("The task is close the box. What is the action that the robot should take. To figure out")
    assert asked.count("close the box") == 2
    assert asked.endswith(
        "from different camera views as additional information, what is the action that the robot should take?"
    )


@pytest.mark.parametrize("style", list(PromptStyle))
def test_the_instruction_goes_in_verbatim(style):
    instruction = "put {it} there. "
    assert instruction in question(style, instruction)


@pytest.mark.parametrize(
    ("prompt", "steered", "style"),
    [
        ("single_view", False, PromptStyle.SINGLE_VIEW),
        ("multi_view", False, PromptStyle.MULTI_VIEW),
        ("single_view", True, PromptStyle.STEERING_SINGLE_VIEW),
        ("multi_view", True, PromptStyle.STEERING_MULTI_VIEW),
    ],
)
def test_style_follows_from_profile_and_drawing(prompt, steered, style):
    assert style_for(prompt, steered=steered) is style
