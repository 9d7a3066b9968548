// The connection to the node: login, the socket, numbered messages, signs of life, and the way that a stop takes.

const STOP = '{"type":"stop"}'; // as the node compares it
const HEARTBEAT_MS = 250;
const RETRY_MS = [300, 1000, 2000, 5000];

/** Speaks with the node; `on` has a function for each kind of news: part, picture, answer, state. */
export class Link {
  constructor(on) {
    this.on = on;
    this.connection = "";
    this.controls = false; // whether this page has the controls
    this.seq = 0;
    this.tries = 0;
    setInterval(() => this.controls && this.send("heartbeat"), HEARTBEAT_MS);
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Exchange a token for a session; the empty string, or why not. */
  async login(token) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/login", { method: "POST", headers, body: JSON.stringify({ token }) });
    return answer.ok ? "" : await answer.text();
  }

  connect() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.#take(event.data);
    this.socket.onclose = () => this.#lost();
  }

  /** Send a message; its number, which the answer will carry, or 0 where there is no connection. */
  send(type, fields = {}) {
    if (!this.open || !this.connection) return 0;
    this.seq += 1;
    this.socket.send(JSON.stringify({ type, connection: this.connection, seq: this.seq, ...fields }));
    return this.seq;
  }

  /** Stop: over the socket, and over a request of its own where the socket is closed or has a queue. */
  stop() {
    if (this.open) this.socket.send(STOP);
    if (!this.open || this.socket.bufferedAmount > STOP.length + 16) fetch("/stop", { method: "POST", keepalive: true });
  }

  #take(data) {
    if (data instanceof ArrayBuffer) {
      this.on.picture(new Uint8Array(data, 0, 1)[0], new Blob([new Uint8Array(data, 1)], { type: "image/jpeg" }));
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "hello") {
      this.connection = message.connection;
      this.seq = 0;
      this.tries = 0;
      this.on.state("connected");
    } else if (message.type === "part") {
      this.on.part(message.name, message.value);
    } else {
      this.on.answer(message);
    }
  }

  #lost() {
    const known = this.connection !== "";
    this.connection = "";
    this.controls = false;
    // A socket that never opened may mean that there is no session: the person is asked for the token.
    this.on.state(known || this.tries > 0 ? "lost" : "unknown");
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
    this.tries += 1;
    setTimeout(() => this.connect(), wait);
  }
}
