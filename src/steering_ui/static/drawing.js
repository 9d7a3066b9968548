// Drawn traces: up to five points an arm in the model's scale, with undo; and the way between screen and that scale.

export const MOST_POINTS = 5;
const SCALE = 255;

/** Screen point -> model scale: 255 / size as in the published steering, rounded and clipped. */
export function toModel(clientX, clientY, box) {
  const scaled = (value, size) => Math.min(SCALE, Math.max(0, Math.round((value / size) * SCALE)));
  return [scaled(clientX - box.left, box.width), scaled(clientY - box.top, box.height)];
}

/** Model scale -> pixels of a picture or canvas of this size. */
export function toScreen([x, y], width, height) {
  return [(x / SCALE) * width, (y / SCALE) * height];
}

/** The traces that are being drawn. Points are replaced, never changed, so that a state can be kept for undo. */
export class Drawing {
  constructor() {
    this.traces = {};
    this.past = [];
  }

  points(arm) {
    return this.traces[arm] ?? [];
  }

  /** Arms with at least one point. */
  get drawn() {
    return Object.fromEntries(Object.entries(this.traces).filter(([, points]) => points.length));
  }

  /** Add a point; its index, or -1 where there are five. */
  add(arm, point) {
    const points = this.points(arm);
    if (points.length >= MOST_POINTS) return -1;
    this.#change({ ...this.traces, [arm]: [...points, point] });
    return points.length;
  }

  /** Remember the state before a point is dragged, so that one undo takes the whole drag back. */
  grab() {
    this.past.push(this.traces);
  }

  move(arm, index, point) {
    const points = this.points(arm).map((old, at) => (at === index ? point : old));
    this.traces = { ...this.traces, [arm]: points };
  }

  removeLast(arm) {
    if (this.points(arm).length) this.#change({ ...this.traces, [arm]: this.points(arm).slice(0, -1) });
  }

  clear() {
    if (Object.keys(this.drawn).length) this.#change({});
  }

  undo() {
    if (this.past.length) this.traces = this.past.pop();
  }

  #change(traces) {
    this.past.push(this.traces);
    this.traces = traces;
  }
}
