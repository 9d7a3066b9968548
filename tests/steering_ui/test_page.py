"""The page in a real browser: draw, send, approve, stop."""

import cv2
import numpy as np
import pytest
from molmoact_ros.msg import ArmState
from playwright.sync_api import expect

from molmoact.profile import CheckpointProfile
from molmoact.runtime.inputs import model_views
from molmoact.runtime.observation import Observation
from molmoact.traces import to_model
from molmoact_common.poses import DeltaFrame, RotationConvention
from molmoact_common.ros.messages import traces_from_messages
from steering_ui.errors import RefusedError
from support.browser import chromium, open_page
from support.golden import read_json, sha256_of

pytestmark = [pytest.mark.ros, pytest.mark.slow]

WAIT = 30_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, graph):
    """A page that has the controls, in front of an arm that follows chunks."""
    page, errors = open_page(browser, graph.address, viewport={"width": 1280, "height": 720})
    graph.state(ArmState.HOLDING)
    take_control(page)
    yield page
    page.context.close()
    assert errors == []


def take_control(page):
    page.click("#take")
    page.wait_for_selector("body[data-controls=mine]")


def draw(page, points):
    """Click at points that are given as shares of the view's width and height."""
    box = page.locator("#draw").bounding_box()
    for x, y in points:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        # A press comes in whole pixels, a drag as finely as the mouse is.
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.up()


def sent(page, graph):
    """The traces that the policy gets when the person presses the button."""
    page.click("#send")
    graph.until(lambda: any(name == "policy/set_trace" for name, _ in graph.calls))
    return traces_from_messages(graph.calls[-1][1].traces)


def steering_view(image, drawn):
    """What the model sees of this image, with these traces."""
    profile = CheckpointProfile(
        name="p",
        step_period=1 / 15,
        frame=DeltaFrame.BASE,
        rotation=RotationConvention.ROTATION_VECTOR,
        gripper="one_is_open",
        deltas="commanded",
        views=("front",),
        prompt="single_view",
    )
    return model_views(Observation(1, 0, {"front": image}, "lift", drawn=drawn), profile)[0]


SIZES = [(1, 1280, 720), (2, 1280, 720), (1.5, 1280, 720), (2, 1024, 768), (1, 1601, 913), (1.5, 700, 900)]


@pytest.mark.parametrize(("ratio", "width", "height"), SIZES)
def test_what_is_drawn_is_what_the_model_sees(browser, graph, golden_dir, ratio, width, height):
    """The published overlay, bit by bit, from clicks at every pixel ratio and size."""
    cases = read_json(golden_dir / "trace/cases.json")["overlays"]
    case = next(c for c in cases if c["kind"] == "steer_draw_user_trajectory" and c["size"] == [320, 240])
    image = cv2.cvtColor(cv2.imread(str(golden_dir / "trace/base_320x240.png")), cv2.COLOR_BGR2RGB)
    page, errors = open_page(
        browser, graph.address, viewport={"width": width, "height": height}, device_scale_factor=ratio
    )
    page.wait_for_selector("#link[data-state=ok]")
    for _ in range(2):
        graph.image(image)
    take_control(page)
    wanted = to_model(case["trajectory"], 320, 240)
    draw(page, [(x / 255, y / 255) for x, y in wanted])
    drawn = sent(page, graph)
    page.context.close()
    assert errors == []
    assert np.abs(np.array(drawn["arm"]) - wanted).max() <= 1
    assert sha256_of(steering_view(image, drawn)) == case["sha256"]


def test_points_are_moved_taken_back_and_cleared(page, graph):
    draw(page, [(0.2, 0.2), (0.5, 0.5), (0.8, 0.8)])
    box = page.locator("#draw").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"], steps=4)
    page.mouse.up()
    assert page.inner_text("#points") == "3 of 5 points"
    assert np.abs(np.array(sent(page, graph)["arm"]) - [[51, 51], [128, 26], [204, 204]]).max() <= 1
    page.click("#undo")  # the whole drag
    assert np.abs(np.array(sent_again(page, graph)["arm"]) - [[51, 51], [128, 128], [204, 204]]).max() <= 1
    page.click("#undo")
    assert page.inner_text("#points") == "2 of 5 points"
    page.click("#clear")
    assert page.inner_text("#points") == "no points drawn"
    assert page.is_disabled("#send")


def sent_again(page, graph):
    graph.calls.clear()
    return sent(page, graph)


def test_no_more_than_five_points_are_taken(page, graph):
    draw(page, [(0.1 + 0.15 * number, 0.5) for number in range(6)])
    assert len(sent(page, graph)["arm"]) == 5


def test_the_keyboard_draws_too(page, graph):
    page.focus("#draw")
    for key in ("ArrowRight", "Shift+ArrowUp", "Enter", "Shift+ArrowLeft", "Enter", "Enter", "Backspace"):
        page.keyboard.press(key)
    assert sent(page, graph)["arm"] == ((130, 118), (120, 118))


def test_a_finger_draws(browser, graph):
    options = {"viewport": {"width": 1024, "height": 768}, "has_touch": True, "device_scale_factor": 2}
    page, errors = open_page(browser, graph.address, **options)
    take_control(page)
    box = page.locator("#draw").bounding_box()
    for x in (0.25, 0.75):
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + 0.5 * box["height"])
    assert np.abs(np.array(sent(page, graph)["arm"]) - [[64, 128], [191, 128]]).max() <= 1
    page.context.close()
    assert errors == []


def test_steering_is_shown_until_it_is_cleared(page, graph):
    draw(page, [(0.2, 0.2), (0.5, 0.5)])
    page.click("#send")
    page.click("#unsteer:enabled")
    page.wait_for_selector("#unsteer:disabled")
    assert graph.calls[-1][1].traces == []


def test_a_chunk_is_shown_and_goes_on_once_it_is_approved(page, graph):
    page.check("#ask")
    expect(page.locator("#said")).to_contain_text("waits for a yes", timeout=WAIT)
    proposal = graph.propose(7)
    page.wait_for_selector("#plan-card.waits")
    assert page.inner_text("#plan-length") == "8 rows, 88 mm in 0.53 s"
    page.click("#approve:enabled")
    graph.until(lambda: graph.heard["policy/chunk"])
    assert graph.heard["policy/chunk"] == [proposal]


def test_a_person_approves_the_beginning_or_nothing(page, graph):
    page.check("#ask")
    expect(page.locator("#said")).to_contain_text("waits for a yes", timeout=WAIT)
    graph.propose(7)
    page.wait_for_selector("#plan-card.waits")
    page.fill("#first", "2")
    page.click("#approve:enabled")
    graph.until(lambda: graph.heard["policy/chunk"])
    assert graph.heard["policy/chunk"][0].steps == 2
    assert page.is_disabled("#approve")
    graph.propose(8)
    page.click("#reject:enabled")
    graph.until(lambda: graph.heard["bridge/chunk_status"])
    assert graph.heard["bridge/chunk_status"][0].reason == "approval: a person said no"
    assert len(graph.heard["policy/chunk"]) == 1


def test_an_answer_that_is_refused_moves_nothing_and_can_be_given_again(page, graph, monkeypatch):
    def too_late(*_, **__):
        raise RefusedError("it does not wait")

    page.check("#ask")
    expect(page.locator("#said")).to_contain_text("waits for a yes", timeout=WAIT)
    graph.propose(7)
    with monkeypatch.context() as patch:
        patch.setattr(graph.page._control.approval, "decide", too_late)
        page.click("#approve:enabled")
        expect(page.locator("#said")).to_contain_text("does not wait", timeout=WAIT)
    assert graph.heard["policy/chunk"] == []
    page.click("#approve:enabled")
    graph.until(lambda: graph.heard["policy/chunk"])


def test_redrawn_means_no_to_this_chunk_and_steering_of_the_next(page, graph):
    page.check("#ask")
    expect(page.locator("#said")).to_contain_text("waits for a yes", timeout=WAIT)
    graph.propose(7)
    draw(page, [(0.2, 0.2), (0.5, 0.5)])
    page.click("#redraw:enabled")
    graph.until(lambda: graph.heard["bridge/chunk_status"] and graph.calls)
    assert graph.heard["bridge/chunk_status"][0].reason == "approval: a person said no"
    assert [name for name, _ in graph.calls] == ["policy/set_trace"]
    assert graph.heard["policy/chunk"] == []


STOPS = {
    "press": lambda page: page.click("#stop"),
    "space": lambda page: page.keyboard.press("Space"),
    "space on another button": lambda page: page.press("#start", "Space"),
    "escape in a field": lambda page: page.press("#instruction", "Escape"),
    "a screen reader": lambda page: page.evaluate("document.querySelector('#stop').click()"),
}


@pytest.mark.parametrize("way", STOPS)
def test_stop_works_from_everywhere(page, graph, way):
    STOPS[way](page)
    graph.until(lambda: graph.heard["stop"])
    assert [message.data for message in graph.heard["stop"]] == [True]
    assert graph.calls == []


def test_a_space_in_an_instruction_is_a_space(page, graph):
    page.click("#instruction")
    page.keyboard.type("lift it")
    page.keyboard.press("Enter")
    graph.until(lambda: graph.calls)
    assert graph.calls[0][1].instruction == "lift it"
    assert graph.heard["stop"] == []


def test_a_watcher_has_no_controls_but_the_stop(page, browser, graph):
    watcher, errors = open_page(browser, graph.address)
    watcher.wait_for_selector("body[data-controls=other]")
    assert watcher.locator(".controls:enabled").count() == 0
    assert watcher.is_disabled("#take")
    watcher.click("#stop")
    graph.until(lambda: graph.heard["stop"])
    watcher.context.close()
    assert errors == []


def test_a_tab_that_is_closed_leaves_arms_that_stand_still(browser, graph):
    page, _ = open_page(browser, graph.address)
    graph.state(ArmState.RUNNING)
    page.wait_for_selector("#mode[data-state=running]")
    take_control(page)
    page.context.close()
    graph.until(lambda: graph.heard["teleop/chunk"])


def test_whoever_has_no_session_is_asked_for_the_token(browser, graph):
    page, _ = open_page(browser, graph.origin)
    page.wait_for_selector("#login[open]")
    page.fill("#token", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#login-said")).to_contain_text("wrong token", timeout=WAIT)
    page.fill("#token", graph.page.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("#link[data-state=ok]")
    page.context.close()


def test_the_token_leaves_the_address_and_nothing_comes_from_elsewhere(browser, graph):
    page = browser.new_context().new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(graph.address)
    page.wait_for_selector("#link[data-state=ok]")
    assert page.url == f"{graph.origin}/"
    assert all(url.startswith(graph.origin) for url in asked)
    assert not any(graph.page.token in url.partition("#")[0] for url in asked)
    page.context.close()


@pytest.mark.parametrize(("width", "height", "touch"), [(1280, 720, False), (1024, 768, True)])
def test_everything_has_a_name_and_fits(browser, graph, width, height, touch):
    page, errors = open_page(browser, graph.address, viewport={"width": width, "height": height}, has_touch=touch)
    page.wait_for_selector("#link[data-state=ok]")
    nameless = """[...document.querySelectorAll('button, input, canvas, [role]')].filter((one) => !one.hidden &&
        one.getAttribute('aria-hidden') !== 'true' && !(one.ariaLabel || one.labels?.length || one.textContent.trim() ||
        ['status', 'alert'].includes(one.role))).map((one) => one.outerHTML)"""
    assert page.evaluate(nameless) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    stop = page.locator("#stop").bounding_box()
    assert stop["x"] + stop["width"] <= width
    page.context.close()
    assert errors == []
