// Puts the page together: news of the node to the panels, what a person does to the node.

import { Link } from "./link.js";
import { PlanView } from "./plan.js";
import { Stage } from "./stage.js";
import * as panels from "./panels.js";

const $ = (id) => document.getElementById(id);
const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), textarea";

const state = { arms: {}, approval: {}, control: { holder: "", pages: 0 }, painted: false };
const screens = new Map(); // number of a view -> function that shows its picture
const stage = new Stage($("front"), $("draw"), drawn);
const plan = new PlanView($("paths"), $("rows"));
const link = new Link({ part: (name, value) => show(name, value), picture, answer, state: linked });

// --- what comes -------------------------------------------------------------------------------------------------

function show(name, value) {
  if (name.startsWith("arm/")) showArm(name.slice(4), value);
  else shows[name]?.(value);
}

const shows = {
  graph: showGraph,
  thought: showThought,
  plan: (value) => {
    plan.show(value);
    panels.setText($("plan-length"), plan.words);
    $("paths").setAttribute("aria-label", `Path of the planned chunk: ${plan.words}`);
  },
  control: showControl,
  approval: showApproval,
  left: (seconds) => {
    $("left").hidden = seconds === null;
    panels.setText($("left"), seconds === null ? "" : `${Math.max(0, seconds).toFixed(1)} s left`);
  },
  steering: (traces) => {
    stage.steers = traces;
    stage.paint();
    drawn();
  },
  instruction: (text) => {
    if (document.activeElement !== $("instruction")) $("instruction").value = text;
  },
  gate: (gate) => {
    panels.showGate(gate);
    if (document.activeElement !== $("speed")) showSpeed(gate.speed_factor);
  },
  chunks: (chunks) => {
    panels.showChunks(chunks);
    const done = chunks.find((chunk) => chunk.ledger.action !== undefined || chunk.ledger.bridge_received !== undefined);
    if (done) panels.showLedger(done.ledger);
  },
  health: (health) => {
    panels.showHealth(health);
    panels.setText($("policy"), health.policy?.message ?? "");
  },
  recorder: panels.showRecorder,
};

function showGraph(graph) {
  stage.arms = graph.arms;
  stage.arm = graph.arms[0] ?? "";
  $("arms").replaceChildren(...(graph.arms.length > 1 ? graph.arms.map(armChoice) : []));
  $("ask").closest("label").hidden = !graph.relays;
  screens.clear();
  screens.set(0, (bitmap) => stage.showPicture(bitmap));
  $("views").replaceChildren(...graph.views.slice(1).map((name, at) => view(name, at + 1)));
}

function armChoice(arm) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "arm", value: arm, checked: arm === stage.arm });
  input.addEventListener("change", () => (stage.arm = arm));
  label.append(input, arm);
  return label;
}

function view(name, number) {
  const box = document.createElement("div");
  const canvas = document.createElement("canvas");
  canvas.id = `view-${name}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name === "depth" ? "Depth as the model sees it" : `View of camera ${name}`);
  const caption = document.createElement("span");
  caption.textContent = name;
  if (name === "depth") box.dataset.empty = "no depth tokens yet";
  box.append(canvas, caption);
  screens.set(number, (bitmap) => {
    delete box.dataset.empty;
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    state.painted ||= name === "depth";
  });
  return box;
}

async function picture(number, blob) {
  const bitmap = await createImageBitmap(blob);
  screens.get(number)?.(bitmap);
  bitmap.close();
}

function showArm(arm, value) {
  state.arms[arm] = value;
  panels.showArms(state.arms);
  const worst = panels.showMode(state.arms);
  document.body.dataset.mode = worst;
  if (!value.measured.includes(null)) plan.measured(arm, value.measured);
  showBanner();
}

function showThought(thought) {
  panels.showThought(thought);
  if (Object.keys(thought.traces).length) stage.planned = named(thought.traces);
  if (!state.painted && thought.depth_codes.length && $("view-depth")) {
    delete $("view-depth").parentElement.dataset.empty;
    panels.paintCodes($("view-depth"), thought.depth_codes);
  }
  stage.paint();
}

/** A trace for "the only arm" is the first arm's. */
const named = (traces) =>
  Object.fromEntries(Object.entries(traces).map(([arm, points]) => [arm || stage.arms[0], points]));

function showControl(control) {
  state.control = control;
  link.controls = control.holder !== "" && control.holder === link.connection;
  document.body.dataset.controls = link.controls ? "mine" : control.holder ? "other" : "free";
  panels.setText($("take"), link.controls ? "Release control" : "Take control");
  const other = control.holder !== "" && !link.controls;
  $("take").disabled = !link.open || other;
  $("take").title = other ? "another page has the controls" : "";
  panels.setText($("pages"), control.pages > 1 ? `${control.pages} pages` : "");
  for (const each of document.querySelectorAll(".controls")) each.disabled = !link.controls;
  drawn();
}

function showApproval(approval) {
  state.approval = state.toldApproval = approval;
  $("ask").checked = approval.mode === "ask";
  $("plan-card").classList.toggle("waits", approval.waiting !== null && !approval.held);
  showBanner();
  drawn();
}

function showBanner() {
  const stopped = Object.entries(state.arms).find(([, arm]) => arm.mode === "stopped");
  const { held, waiting } = state.approval;
  const words = stopped
    ? `Stopped: ${stopped[1].reason}. Recover leads out.`
    : held
      ? `Held: ${held}. Nothing goes to the robot.`
      : waiting !== null && waiting !== undefined
        ? "A chunk waits for your answer."
        : "";
  const kind = stopped || !link.open ? "bad" : held ? "held" : words ? "waits" : "";
  $("bar").dataset.kind = kind;
  $("resume").hidden = !held || Boolean(stopped);
  panels.setText($("banner"), link.open ? words : "No connection to the node.");
}

function showSpeed(factor) {
  $("speed").value = factor;
  panels.setText($("speed-now"), `${Math.round(factor * 100)} %`);
}

function answer({ ok, said }) {
  panels.setText($("said"), said);
  $("said").dataset.kind = ok ? "good" : "bad";
  if (!ok && state.toldApproval) showApproval(state.toldApproval); // what was pressed did not happen
}

function linked(how) {
  panels.setText($("link"), how === "connected" ? "live" : "no connection");
  $("link").dataset.state = how === "connected" ? "ok" : "error";
  if (how === "unknown" && !$("login").open) $("login").showModal();
  if (how === "connected") $("login").close();
  showControl({ holder: "", pages: 0 }); // until the node says otherwise
  showBanner();
}

// --- what a person does -----------------------------------------------------------------------------------------

/** What can be done now follows from the controls, the drawing and the chunk that waits. */
function drawn() {
  panels.setText($("points"), stage.words);
  const { waiting = null, held } = state.approval;
  $("approve").disabled = !link.controls || waiting === null || Boolean(held);
  $("reject").disabled = !link.controls || waiting === null;
  const any = Object.keys(stage.drawing.drawn).length > 0;
  $("send").disabled = !link.controls || !any;
  $("redraw").disabled = !link.controls || !any || waiting === null;
  $("unsteer").disabled = !link.controls || Object.keys(stage.steers).length === 0;
}

function decide(verdict, fields = {}) {
  link.send("decide", { sequence: state.approval.waiting, verdict, ...fields });
  state.approval = { ...state.approval, waiting: null }; // one answer a chunk
  drawn();
}

function approve() {
  decide("approve", plan.limit < plan.length ? { rows: plan.limit } : {});
}

const does = {
  take: () => link.send(link.controls ? "release_control" : "take_control"),
  hold: () => link.send("hold"),
  resume: () => link.send("resume"),
  undo: () => stage.undo(),
  clear: () => stage.clear(),
  send: () => link.send("steer", { traces: stage.drawing.drawn }),
  unsteer: () => link.send("steer", { traces: {} }),
  approve,
  reject: () => decide("reject"),
  redraw: () => {
    link.send("steer", { traces: stage.drawing.drawn });
    decide("reject");
  },
  home: () => link.send("order", { name: "home" }),
  start: () => link.send("order", { name: "start" }),
  recover: () => link.send("order", { name: "recover" }),
};
for (const [id, act] of Object.entries(does)) $(id).addEventListener("click", act);

for (const button of document.querySelectorAll("[data-record]")) {
  button.addEventListener("click", () =>
    link.send("record", { action: button.dataset.record, instruction: $("instruction").value.trim() }),
  );
}
for (const choice of document.querySelectorAll("[name=show]")) {
  choice.addEventListener("change", () => {
    stage.show = choice.value;
    stage.paint();
  });
}
$("instruct").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("instruction").value.trim();
  if (text) link.send("instruct", { text });
});
$("ask").addEventListener("change", () => link.send("approval", { mode: $("ask").checked ? "ask" : "pass" }));
$("speed").addEventListener("change", () => link.send("speed", { factor: Number($("speed").value) }));
$("speed").addEventListener("input", () => showSpeed(Number($("speed").value)));
$("first").addEventListener("input", () => {
  const wanted = $("first").valueAsNumber;
  plan.limit = wanted >= 1 ? wanted : Infinity;
  plan.paint();
});

// Stop: at the press, not at the release; by Space or Escape from everywhere but a field in which a person types.
$("stop").addEventListener("pointerdown", () => link.stop());
$("stop").addEventListener("click", (event) => event.detail === 0 && link.stop()); // by Enter or a screen reader
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" && (event.key !== " " || event.target.matches(TYPING))) return;
    if (!event.repeat) link.stop();
    event.preventDefault();
    event.stopPropagation();
  },
  { capture: true },
);
// A button would be pressed by Space when it is released.
document.addEventListener("keyup", (event) => event.key === " " && !event.target.matches(TYPING) && event.preventDefault(), {
  capture: true,
});

$("login").addEventListener("cancel", (event) => event.preventDefault());
$("login").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  panels.setText($("login-said"), await link.login($("token").value.trim()));
});

async function begin() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname); // the token stays in no address bar and no bookmark
    panels.setText($("login-said"), await link.login(token));
  }
  link.connect();
}
begin();
