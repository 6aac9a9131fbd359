// Runs Lean's WebAssembly build as one warm process: node worker.js BUILD FILE ARG...
// Reads JSON lines on standard input. Lean sees the build's library and this folder, both read-only. What it writes stays
// in memory; of that, the file /kept goes to the path in ASSAY_LEAN_KEEP when Compile.lean is what runs.
"use strict";
const fs = require("fs");
const path = require("path");
const threads = require("worker_threads");
const [build, file, ...rest] = process.argv.slice(2);
const keep = file === "Compile.lean" && process.env.ASSAY_LEAN_KEEP;
let files;
process.on("exit", () => {
  if (!keep || !files.analyzePath("/kept").exists) return;
  fs.writeFileSync(keep + ".part", files.readFile("/kept"));
  fs.renameSync(keep + ".part", keep);
});

// A Lean program that never returns would outlive whoever started us: a thread watches for that.
const parent = process.ppid;
const watch = `const p=${parent};setInterval(()=>{if(process.ppid!==p)process.kill(process.pid,"SIGKILL")},500)`;
new threads.Worker(watch, { eval: true }).unref();

// Emscripten's own device reads until its buffer is full, or fails where a line ends with it; this one returns what
// there is, and waits when there is nothing.
const buffer = Buffer.alloc(65536);
let at = 0, end = 0;
const nap = new Int32Array(new SharedArrayBuffer(4));
function read(stream, heap, offset, length) {
  while (at === end) {
    try {
      [at, end] = [0, fs.readSync(0, buffer, 0, buffer.length)];
      if (end === 0) return 0;
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(nap, 0, 0, 1);
    }
  }
  const count = Math.min(length, end - at);
  heap.set(buffer.subarray(at, at + count), offset);
  at += count;
  return count;
}

const write = (fd, line) => {
  const bytes = Buffer.from(line + "\n");
  for (let done = 0; done < bytes.length;) {
    try { done += fs.writeSync(fd, bytes, done); }
    catch (error) { if (error.code !== "EAGAIN") throw error; Atomics.wait(nap, 0, 0, 1); }
  }
};
const refuse = (FS) => () => { throw new FS.ErrnoError(69); };

// The file is the pinned one: functions are validated when they are first called, which most never are.
require("v8").setFlagsFromString("--wasm-lazy-validation");

globalThis.__LEAN_MODULE = {
  stdin: () => null,
  arguments: ["-j1", "--run", file, ...rest],
  print: (line) => { if (line.startsWith("@")) write(1, line); },
  printErr: () => {},
  preRun: [({ FS, NODEFS, ENV }) => {
    files = FS;
    ENV.LEAN_SYSROOT = "/lean";
    ENV.LEAN_PATH = "/lean/lib/lean:/job";
    ENV.LLVM_PROFILE_FILE = "/dev/null";
    const create = FS.createDevice;
    FS.createDevice = (parent, name, ...rest) => {
      const node = create.call(FS, parent, name, ...rest);
      if (name === "stdin") FS.getDevice(node.rdev).stream_ops.read = read;
      return node;
    };
    for (const folder of ["/lean", "/lean/lib", "/lean/lib/lean", "/job"]) FS.mkdir(folder);
    FS.mount(NODEFS, { root: path.join(build, "lib") }, "/lean/lib/lean");
    FS.mount(NODEFS, { root: process.cwd() }, "/job");
    // The loader would mount /home and /tmp of this machine, and then go where we are, which must lie below them.
    FS.mount = () => {};
    process.cwd = () => "/job";
    FS.mkdirTree(build); // where Lean believes itself to be: looked up at the start, and not used
    const no = refuse(FS);
    for (const name of ["mknod", "rename", "unlink", "rmdir", "symlink", "setattr"]) NODEFS.node_ops[name] = no;
    NODEFS.stream_ops.write = no;
    const open = NODEFS.stream_ops.open;
    NODEFS.stream_ops.open = (stream) => { if (stream.flags & 3 || stream.flags & 512) no(); return open(stream); };
    FS.chdir("/job");
  }],
};
globalThis.__LEAN_THREADS = 2;
require(path.join(build, "lean.js"));
