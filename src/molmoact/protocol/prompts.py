"""The questions that the published checkpoints were trained on, and the chat line around them."""

from enum import StrEnum
from typing import Literal


class PromptStyle(StrEnum):
    """Which question is asked; the answer's wording follows from it."""

    SINGLE_VIEW = "single_view"  # pre-training and SimplerEnv
    MULTI_VIEW = "multi_view"  # mid-training, post-training, LIBERO
    STEERING_SINGLE_VIEW = "steering_single_view"
    STEERING_MULTI_VIEW = "steering_multi_view"
    DEPTH_ONLY = "depth_only"  # auxiliary training rows
    TRACE_ONLY = "trace_only"  # auxiliary training rows; wording by analogy, it is published nowhere


_REASON = (
    "The task is {task}. What is the action that the robot should take. "
    "To figure out the action that the robot should take to {task}, let's think through it step by step. "
)
_TEMPLATES = {
    PromptStyle.SINGLE_VIEW: _REASON + "First, what is the depth map for this image? "
    "Second, what is the trajectory of the end effector? "
    "Based on the depth map of the image and the trajectory of the end effector, "
    "what is the action that the robot should take?",
    PromptStyle.MULTI_VIEW: _REASON + "First, what is the depth map for the first image? "
    "Second, what is the trajectory of the end effector in the first image? "
    "Based on the depth map of the first image and the trajectory of the end effector in the first image, "
    "along with other images from different camera views as additional information, "
    "what is the action that the robot should take?",
    PromptStyle.STEERING_SINGLE_VIEW: "The task is {task}. "
    "Notice that the trajectory of the end effector is annotated on the image. "
    "Based on the trajectory annotated on the image, what is the action that the robot should take?",
    PromptStyle.STEERING_MULTI_VIEW: "The task is {task}. "
    "Notice that the trajectory of the end effector is annotated on the first image. "
    "Based on the trajectory annotated on the image, "
    "along with other images from different camera views as additional information, "
    "what is the action that the robot should take?",
    PromptStyle.DEPTH_ONLY: "The task is {task}. What is the depth map for the image?",
    PromptStyle.TRACE_ONLY: "The task is {task}. What is the trajectory of the end effector?",
}


def question(style: PromptStyle, task: str) -> str:
    """The question for `task`; the instruction goes in verbatim, a period at its end included."""
    # not str.format: an instruction may hold braces
    return _TEMPLATES[style].replace("{task}", task)


def chat_prompt(user_text: str) -> str:
    """One turn up to where the model takes over. BOS, and the image tokens before it, are the processor's."""
    return f"User: {user_text} Assistant:"


def style_for(prompt: Literal["single_view", "multi_view"], *, steered: bool) -> PromptStyle:
    """The style of a checkpoint profile's prompt, with or without a drawn trace."""
    if prompt == "single_view":
        return PromptStyle.STEERING_SINGLE_VIEW if steered else PromptStyle.SINGLE_VIEW
    return PromptStyle.STEERING_MULTI_VIEW if steered else PromptStyle.MULTI_VIEW
