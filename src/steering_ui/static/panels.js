// The panels of text: arms, gate, latency, health, records. Each function shows one part of the board.

const $ = (id) => document.getElementById(id);
const WORST = ["disconnected", "stopped", "recovering", "running", "holding", "idle"];
const STEPS = [
  ["received", "camera"],
  ["preprocessed", "prepare"],
  ["prefilled", "prefill"],
  ["depth", "depth"],
  ["trace", "trace"],
  ["action", "action"],
  ["bridge_received", "way & approval"],
  ["first_step_applied", "first step"],
  ["last_step_applied", "motion"],
];

/** An element with class and text; text is never read as HTML. */
function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

export function showMode(states) {
  const modes = Object.values(states).map((state) => state.mode);
  const worst = WORST.find((mode) => modes.includes(mode)) ?? "no arm";
  const dry = Object.values(states).some((state) => state.dry_run) ? ", dry run" : "";
  setText($("mode"), worst + dry);
  $("mode").dataset.state = worst;
  return worst;
}

export function showArms(states) {
  const body = $("states").tBodies[0];
  const lines = Object.entries(states).flatMap(([arm, state]) => [
    row(arm, `${state.mode}${state.reason ? `: ${state.reason}` : ""}, step ${state.step}`, state.mode),
    row("TCP", `${millimetres(state.measured)} mm`, "", `commanded ${millimetres(state.commanded)} mm`),
    row("gripper", `${state.gripper === null ? "none" : `${Math.round(state.gripper * 100)} %`}, force ${state.force} N`),
  ]);
  body.replaceChildren(...lines);
}

function row(name, text, state = "", title = "") {
  const line = element("tr");
  const cell = element("td", "", text);
  if (state) cell.dataset.state = state;
  cell.title = title || text;
  const head = element("th", "", name);
  head.scope = "row";
  line.append(head, cell);
  return line;
}

const millimetres = (position) => position.map((value) => (value === null ? "–" : Math.round(value * 1000))).join(" ");

export function showGate(gate) {
  const acted = Object.entries(gate.counts).filter(([, count]) => count > 0);
  const total = acted.reduce((sum, [, count]) => sum + count, 0);
  setText($("gate-total"), total ? `acted ${total} times` : "has not acted");
  $("gate").replaceChildren(
    ...acted.map(([name, count]) => {
      const chip = element("li", "chip", `${name} ${count}`);
      chip.title = gate.limits[name] ?? "";
      return chip;
    }),
  );
}

export function showChunks(chunks) {
  $("chunks").replaceChildren(
    ...chunks.slice(0, 3).map((chunk) => {
      const line = element("li");
      const what = element("b", "", chunk.status);
      what.dataset.state = chunk.status;
      const clipped = chunk.clipped.length ? `clipped by ${chunk.clipped.join(", ")}` : "";
      const words = [chunk.rows ? `${chunk.rows} rows` : "", chunk.reason, clipped].filter(Boolean).join("; ");
      line.append(element("span", "number", `…${String(chunk.sequence).slice(-6)}`), what, element("span", "words", words));
      line.title = words;
      return line;
    }),
  );
}

/** Where the time went: one bar a stage, as long as it took. */
export function showLedger(ledger) {
  let before = 0;
  const parts = [];
  for (const [stamp, name] of STEPS) {
    if (ledger[stamp] === undefined) continue;
    parts.push([name, Math.max(0, ledger[stamp] - before)]);
    before = Math.max(before, ledger[stamp]);
  }
  const longest = Math.max(1, ...parts.map(([, ms]) => ms));
  setText($("latency"), parts.length ? `${duration(before)} from light to ${parts.at(-1)[0]}` : "");
  $("ledger").setAttribute("aria-label", parts.map(([name, ms]) => `${name} ${duration(ms)}`).join(", "));
  $("ledger").replaceChildren(
    ...parts.flatMap(([name, ms]) => {
      const bar = element("i");
      bar.style.width = `${(ms / longest) * 100}%`;
      const track = element("span", "track");
      track.append(bar);
      return [element("span", "name", name), track, element("span", "ms", duration(ms))];
    }),
  );
}

const duration = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`);

export function showHealth(health) {
  const order = ["error", "stale", "warn", "ok"];
  const rows = Object.entries(health).sort(([, a], [, b]) => order.indexOf(a.level) - order.indexOf(b.level));
  $("health").replaceChildren(
    ...rows.map(([name, status]) => {
      const line = element("li");
      const what = element("b", "", status.level);
      what.dataset.state = status.level;
      line.append(what, element("span", "words", `${name}: ${status.message}`));
      line.title = status.message;
      return line;
    }),
  );
}

export function showRecorder(recorder) {
  const words = [recorder.state, recorder.state === "idle" ? "" : `${recorder.seconds} s, ${recorder.megabytes} MB`];
  setText($("recorder"), [...words, recorder.mark, recorder.reason, ...recorder.warnings].filter(Boolean).join(", "));
}

export function showThought(thought) {
  setText($("stage-name"), thought.stage);
  $("stage-name").dataset.state = thought.stage;
  setText($("model"), `${thought.model}, chunk …${String(thought.sequence).slice(-6)}`);
  setText($("text"), thought.why ? `Refused: ${thought.why}\n${thought.text}` : thought.text || "(this policy writes no text)");
}

/** Depth tokens as ten by ten tiles, where no network turns them into a picture. */
export function paintCodes(canvas, codes) {
  canvas.width = canvas.height = 10;
  const context = canvas.getContext("2d");
  codes.forEach((code, at) => {
    context.fillStyle = `hsl(${(code * 360) / 128} 45% 55%)`;
    context.fillRect(at % 10, Math.floor(at / 10), 1, 1);
  });
}

/** Change a text only where it is another: a screen reader reads what changes. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
