// The chunk that is planned: its way from above and from the side, and what each row does.

import { colour, sized } from "./canvas.js";

const MARGIN = 14;
const TRAIL = 120; // measured positions that are remembered: twelve seconds

export class PlanView {
  constructor(paths, rows) {
    this.paths = paths;
    this.rows = rows;
    this.plan = null;
    this.trails = {}; // arm -> measured positions
    this.limit = Infinity; // rows that would be approved
    new ResizeObserver(() => this.paint()).observe(paths);
  }

  measured(arm, position) {
    const trail = (this.trails[arm] ??= []);
    const last = trail.at(-1);
    if (last && Math.hypot(...position.map((value, at) => value - last[at])) < 5e-4) return;
    trail.push(position);
    if (trail.length > TRAIL) trail.shift();
    this.paint();
  }

  show(plan) {
    this.plan = plan;
    this.paint();
  }

  /** Rows of the chunk. */
  get length() {
    return Math.max(0, ...this.#each((arm) => arm.path.length - 1));
  }

  /** Length of the longest arm's way, millimetres, and what the chunk takes, seconds. */
  get words() {
    if (!this.plan) return "";
    const way = Math.max(0, ...this.#each((arm) => steps(arm).reduce((sum, step) => sum + step, 0)));
    const seconds = (this.length * this.plan.step_period).toFixed(2);
    return `${this.length} rows, ${Math.round(way * 1000)} mm in ${seconds} s`;
  }

  paint() {
    this.#paintPaths();
    this.#paintRows();
  }

  #each(get) {
    return Object.values(this.plan?.arms ?? {}).map(get);
  }

  #paintPaths() {
    const { context, width, height } = sized(this.paths);
    context.clearRect(0, 0, width, height);
    const half = width / 2;
    const arms = Object.keys({ ...this.trails, ...this.plan?.arms }).sort();
    const high = height / Math.max(arms.length, 1);
    // A row an arm, each in the frame of its own base. From above with the robot's front upwards: y to the left. From
    // the side: x to the right, z upwards.
    arms.forEach((arm, at) => {
      const [top, name] = [at * high, arms.length > 1 ? `${arm} ` : ""];
      this.#panel(context, [0, top, half - 4, high - 4], arm, `${name}from above`, ([x, y]) => [-y, x]);
      this.#panel(context, [half + 4, top, half - 4, high - 4], arm, `${name}from the side`, ([x, , z]) => [x, z]);
    });
  }

  #panel(context, [left, top, width, height], arm, title, project) {
    context.fillStyle = colour("sunken");
    context.fillRect(left, top, width, height);
    context.fillStyle = colour("quiet");
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(title, left + 6, top + 5);
    const plan = this.plan?.arms[arm];
    const trail = this.trails[arm] ?? [];
    const points = (plan?.path ?? trail.slice(-1)).map(project);
    if (!points.length) return;
    const fit = fitting(points, [left + MARGIN, top + MARGIN + 8, width - 2 * MARGIN, height - 2 * MARGIN - 12]);
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    polyline(context, trail.map(project).map(fit.place), colour("trail"));
    if (plan) arrows(context, points.map(fit.place), colour(this.#second(arm) ? "plan-2" : "plan"), this.limit);
    context.restore();
    scaleBar(context, left + 8, top + height - 7, fit.scale);
  }

  #second(arm) {
    return Object.keys(this.plan?.arms ?? {}).indexOf(arm) === 1;
  }

  #paintRows() {
    const { context, width, height } = sized(this.rows);
    context.clearRect(0, 0, width, height);
    const plots = [
      ["mm/s", (arm) => steps(arm).map((step) => (step * 1000) / this.plan.step_period), 250],
      ["°/s", (arm) => arm.turns.map((turn) => (turn * 180) / Math.PI / this.plan.step_period), 57],
      ["grip %", (arm) => arm.openings.map((opening) => opening * 100), 100],
    ];
    const wide = (width - 8 * (plots.length - 1)) / plots.length;
    plots.forEach(([title, values, least], at) => {
      const lines = this.#each(values);
      plot(context, [at * (wide + 8), 0, wide, height], title, lines, least, this.limit);
    });
  }
}

const steps = (arm) =>
  arm.path.slice(1).map((point, at) => Math.hypot(...point.map((value, axis) => value - arm.path[at][axis])));

/** A like scale on both axes that shows all points, and at least 4 cm. */
function fitting(points, [left, top, width, height]) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(width / Math.max(east - west, 0.04), height / Math.max(north - south, 0.04));
  const [x0, y0] = [(west + east) / 2, (south + north) / 2];
  const place = ([x, y]) => [left + width / 2 + (x - x0) * scale, top + height / 2 - (y - y0) * scale];
  return { scale, place };
}

function polyline(context, points, shade) {
  context.strokeStyle = shade;
  context.lineWidth = 2;
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function arrows(context, points, shade, limit) {
  points.slice(1).forEach((end, at) => {
    context.globalAlpha = at < limit ? 1 : 0.25;
    arrow(context, points[at], end, shade);
  });
  context.globalAlpha = 1;
  const [x, y] = points[0];
  context.fillStyle = shade;
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fill();
}

function arrow(context, [x0, y0], [x1, y1], shade) {
  const [length, angle] = [Math.hypot(x1 - x0, y1 - y0), Math.atan2(y1 - y0, x1 - x0)];
  const head = Math.min(7, length);
  context.strokeStyle = context.fillStyle = shade;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1 - head * 0.6 * Math.cos(angle), y1 - head * 0.6 * Math.sin(angle));
  context.stroke();
  context.beginPath();
  context.moveTo(x1, y1);
  for (const side of [0.45, -0.45]) {
    context.lineTo(x1 - head * Math.cos(angle + side), y1 - head * Math.sin(angle + side));
  }
  context.fill();
}

function scaleBar(context, x, y, scale) {
  const metres = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2].findLast((length) => length * scale < 60) ?? 0.005;
  context.fillStyle = colour("quiet");
  context.fillRect(x, y - 2, metres * scale, 2);
  context.font = "10px system-ui, sans-serif";
  context.textBaseline = "bottom";
  context.fillText(`${metres * 1000} mm`, x + metres * scale + 4, y + 2);
}

function plot(context, [left, top, width, height], title, lines, least, limit) {
  context.fillStyle = colour("sunken");
  context.fillRect(left, top, width, height);
  const most = Math.max(least, ...lines.flat());
  lines.forEach((values, arm) => {
    const wide = (width - 8) / Math.max(values.length, 1);
    values.forEach((value, at) => {
      context.fillStyle = colour(arm ? "plan-2" : "plan");
      context.globalAlpha = at < limit ? 1 : 0.25;
      const high = Math.max(1, (value / most) * (height - 20));
      const each = (wide - 2) / lines.length;
      context.fillRect(left + 4 + at * wide + arm * each, top + height - 3 - high, each, high);
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = colour("quiet");
  context.font = "10px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText(title, left + 5, top + 3);
  const peak = lines.flat().length ? String(Math.round(Math.max(...lines.flat()))) : "";
  context.textAlign = "right";
  context.fillText(peak, left + width - 5, top + 3);
}
