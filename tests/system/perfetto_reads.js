// SPDX-License-Identifier: Apache-2.0
// Asks Perfetto's trace processor what it has read of traces. It is the program behind ui.perfetto.dev,
// as WebAssembly, made for a worker of a browser: it gets what it looks for of one.
//
//   nodejs perfetto_reads.js <request.json >answer.json
//
// request  {"folder": of engine_bundle.js, "traces": [path], "queries": {name: SQL}}
// answer   [{"error": text or "", "tables": {name: [[value of a column]]}}], one for each trace
//
// It is spoken to in messages of protos/perfetto/trace_processor/trace_processor.proto, of which what
// is needed is written down here.
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');
const {webcrypto} = require('crypto');

const request = JSON.parse(fs.readFileSync(0, 'utf8'));
const kPlace = 'http://perfetto.invalid/';  // of the bundle and what it loads; nobody asks there

class FileRequest {
  open(method, url) { this.path = path.join(request.folder, url.replace(kPlace, '')); }
  send() { this.response = fs.readFileSync(this.path); }
}

function worker() {
  const scope = {
    WorkerGlobalScope: class {}, location: {href: kPlace}, XMLHttpRequest: FileRequest,
    console: {log() {}, warn() {}, error() {}}, TextDecoder, TextEncoder, URL, performance, crypto: webcrypto,
    setTimeout, clearTimeout,
  };
  scope.self = scope;
  vm.createContext(scope);
  vm.runInContext(fs.readFileSync(path.join(request.folder, 'engine_bundle.js'), 'utf8'), scope);
  return scope;
}

// ---- protobuf

function varint(number) {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push(number % 128 + 128);
  return Buffer.from([...bytes, number]);
}
const numberField = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytesField = (field, bytes) =>
  Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);

class Reader {
  constructor(bytes) { this.bytes = bytes, this.at = 0; }
  get more() { return this.at < this.bytes.length; }
  varint() {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.bytes[this.at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
  }
  take(count) { return this.bytes.subarray(this.at, this.at += count); }
}

function* fields(bytes) {  // [number, value or bytes]
  for (const reader = new Reader(bytes); reader.more;) {
    const key = Number(reader.varint());
    const wire = key & 7;
    if (wire === 0) yield [key >> 3, reader.varint()];
    else if (wire === 1) yield [key >> 3, reader.take(8)];
    else if (wire === 2) yield [key >> 3, reader.take(Number(reader.varint()))];
    else throw new Error(`wire type ${wire}`);
  }
}

// ---- the trace processor

const kAppend = 1, kFinalize = 2, kQuery = 3, kReset = 11;  // TraceProcessorMethod
const kAppendData = 101, kQueryArguments = 103, kQueryResult = 203, kError = 5;

class TraceProcessor {
  constructor(scope) {
    this.Bytes = vm.runInContext('Uint8Array', scope);  // it takes none but its own
    this.port = {postMessage: (bytes) => this.replies.push(Buffer.from(bytes))};
    this.next = 0;
    scope.onmessage({data: this.port});
  }
  // The replies' fields.
  ask(method, argument = Buffer.alloc(0)) {
    this.replies = [];
    const message = [numberField(1, this.next++), numberField(2, method), argument];
    this.port.onmessage({data: new this.Bytes(bytesField(1, Buffer.concat(message)))});
    const found = [];
    for (const reply of this.replies) {
      for (const [, rpc] of fields(reply)) found.push(...fields(rpc));
    }
    return found;
  }
  load(file) {
    this.ask(kReset);
    const replies = [...this.ask(kAppend, bytesField(kAppendData, fs.readFileSync(file))),
                     ...this.ask(kFinalize)];
    const texts = replies.filter(([field]) => field === kError || field >= 200)
      .flatMap(([field, value]) =>
        field === kError ? [String(value)] : [...fields(value)].filter(([f, v]) => typeof v !== 'bigint')
          .map(([, v]) => String(v)));
    return texts.filter((text) => text !== '').join('; ');
  }
  query(sql) {
    const columns = [], values = [];
    const replies = this.ask(kQuery, bytesField(kQueryArguments, bytesField(1, Buffer.from(sql))));
    for (const [field, result] of replies) {
      if (field !== kQueryResult) continue;
      for (const [part, value] of fields(result)) {
        if (part === 1) columns.push(String(value));
        if (part === 2 && value.length) throw new Error(`${sql}: ${value}`);
        if (part === 3) values.push(...this.cells(value));
      }
    }
    const rows = [];
    for (let i = 0; i < values.length; i += columns.length) {
      rows.push(values.slice(i, i + columns.length));
    }
    return rows;
  }
  *cells(batch) {
    let kinds = [], texts = [];
    const numbers = [], reals = [];
    for (const [part, value] of fields(batch)) {
      if (part === 1) kinds = typeof value === 'bigint' ? [Number(value)] : [...value];
      if (part === 2) {
        for (const reader = new Reader(value); reader.more;) numbers.push(Number(reader.varint()));
      }
      if (part === 3) for (let i = 0; i < value.length; i += 8) reals.push(value.readDoubleLE(i));
      if (part === 5) texts = String(value).split('\0');
    }
    let number = 0, real = 0, text = 0;
    for (const kind of kinds) {
      if (kind === 2) yield numbers[number++];
      else if (kind === 3) yield reals[real++];
      else if (kind === 4) yield texts[text++];
      else yield null;
    }
  }
}

const scope = worker();
setTimeout(() => {  // it is ready in the next turn
  const processor = new TraceProcessor(scope);
  const answers = request.traces.map((trace) => {
    const error = processor.load(trace), tables = {};
    if (error === '') {
      for (const [name, sql] of Object.entries(request.queries)) tables[name] = processor.query(sql);
    }
    return {error, tables};
  });
  process.stdout.write(JSON.stringify(answers));
});
