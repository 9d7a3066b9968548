// The front view: the newest picture, the planned trace, the drawn one, and pointer and keyboard to draw with.

import { Drawing, MOST_POINTS, toModel, toScreen } from "./drawing.js";
import { sized } from "./canvas.js";

const REACH = { mouse: 12, pen: 16, touch: 26 }; // CSS pixels around a point in which it can be taken up
const ARMS = { planned: ["#ffe14d", "#ffb03b"], drawn: ["#00ffff", "#5cb8ff"] };

export class Stage {
  constructor(picture, sheet, onChange) {
    this.picture = picture;
    this.sheet = sheet;
    this.onChange = onChange;
    this.drawing = new Drawing();
    this.arms = [];
    this.arm = "";
    this.show = "both";
    this.planned = {}; // traces of the answer
    this.steers = {}; // traces that the policy is steered by
    this.dragged = -1;
    this.cross = null; // where the keyboard points, model scale
    this.#listen();
    new ResizeObserver(() => this.paint()).observe(sheet);
  }

  showPicture(bitmap) {
    if (this.picture.width !== bitmap.width || this.picture.height !== bitmap.height) {
      this.picture.width = bitmap.width;
      this.picture.height = bitmap.height;
      this.picture.parentElement.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`;
    }
    this.picture.getContext("2d").drawImage(bitmap, 0, 0);
  }

  undo() {
    this.drawing.undo();
    this.#changed();
  }

  clear() {
    this.drawing.clear();
    this.#changed();
  }

  paint() {
    const { context, width, height } = sized(this.sheet);
    context.clearRect(0, 0, width, height);
    const size = [width, height];
    if (this.show !== "drawn") this.#traces(context, this.planned, size, ARMS.planned, { dots: true });
    if (this.show !== "planned") {
      this.#traces(context, this.steers, size, ARMS.drawn, { dash: [3, 6] });
      this.#traces(context, this.drawing.drawn, size, ARMS.drawn, { handles: true });
    }
    if (this.cross) this.#paintCross(context, toScreen(this.cross, ...size));
  }

  #traces(context, traces, [width, height], colours, style) {
    for (const [arm, points] of Object.entries(traces)) {
      const colour = colours[Math.max(0, this.arms.indexOf(arm)) % colours.length];
      const screen = points.map((point) => toScreen(point, width, height));
      stroke(context, screen, colour, style.dash ?? []);
      if (style.dots) screen.forEach(([x, y], at) => disc(context, x, y, at === screen.length - 1 ? 5 : 3, colour));
      if (style.handles) screen.forEach(([x, y], at) => handle(context, x, y, colour, String(at + 1)));
    }
  }

  #paintCross(context, [x, y]) {
    context.strokeStyle = "#fff";
    context.lineWidth = 1.5;
    context.setLineDash([]);
    context.beginPath();
    for (const [dx, dy] of [[12, 0], [0, 12]]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
  }

  #listen() {
    const sheet = this.sheet;
    sheet.addEventListener("pointerdown", (event) => this.#down(event));
    sheet.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) sheet.addEventListener(end, () => (this.dragged = -1));
    sheet.addEventListener("keydown", (event) => this.#key(event));
    sheet.addEventListener("blur", () => {
      this.cross = null;
      this.paint();
    });
  }

  #down(event) {
    if (event.button !== 0) return;
    this.cross = null;
    const point = toModel(event.clientX, event.clientY, this.sheet.getBoundingClientRect());
    this.dragged = this.#near(event);
    if (this.dragged >= 0) this.drawing.grab();
    else this.dragged = this.drawing.add(this.arm, point);
    if (this.dragged >= 0) this.sheet.setPointerCapture(event.pointerId);
    this.#changed();
  }

  #drag(event) {
    if (this.dragged < 0) return;
    const point = toModel(event.clientX, event.clientY, this.sheet.getBoundingClientRect());
    this.drawing.move(this.arm, this.dragged, point);
    this.#changed();
  }

  #near(event) {
    const box = this.sheet.getBoundingClientRect();
    const distances = this.drawing.points(this.arm).map((point) => {
      const [x, y] = toScreen(point, box.width, box.height);
      return Math.hypot(x - (event.clientX - box.left), y - (event.clientY - box.top));
    });
    const nearest = distances.indexOf(Math.min(...distances));
    return nearest >= 0 && distances[nearest] <= (REACH[event.pointerType] ?? REACH.touch) ? nearest : -1;
  }

  #key(event) {
    const far = event.shiftKey ? 10 : 2;
    const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
    if (way) {
      const [x, y] = this.cross ?? [128, 128];
      this.cross = [x + way[0], y + way[1]].map((value) => Math.min(255, Math.max(0, value)));
    } else if (event.key === "Enter") {
      this.drawing.add(this.arm, this.cross ?? [128, 128]);
    } else if (event.key === "Backspace") {
      this.drawing.removeLast(this.arm);
    } else {
      return;
    }
    event.preventDefault();
    this.#changed();
  }

  #changed() {
    this.paint();
    this.onChange();
  }

  /** What is drawn, in words. */
  get words() {
    const each = Object.entries(this.drawing.drawn).map(([arm, points]) => {
      return this.arms.length > 1 ? `${arm} ${points.length}` : String(points.length);
    });
    const short = Object.values(this.drawing.drawn).some((points) => points.length === 1) ? "; a model needs two" : "";
    return each.length ? `${each.join(", ")} of ${MOST_POINTS} points${short}` : "no points drawn";
  }
}

function stroke(context, points, colour, dash) {
  for (const [width, shade] of [[5, "rgb(0 0 0 / 45%)"], [2.5, colour]]) {
    context.strokeStyle = shade;
    context.lineWidth = width;
    context.lineJoin = context.lineCap = "round";
    context.setLineDash(dash);
    context.beginPath();
    points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
  }
}

function disc(context, x, y, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function handle(context, x, y, colour, text) {
  disc(context, x, y, 10, "rgb(0 0 0 / 60%)");
  disc(context, x, y, 8, colour);
  context.fillStyle = "#00272b";
  context.font = "bold 10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}
