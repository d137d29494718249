import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { QuickJSContext, QuickJSDeferredPromise, QuickJSHandle } from 'quickjs-emscripten'
import { cut } from '../../domain/text/cut.ts'
import { prelude } from './prelude.ts'
import type { CodeJob, CodeOutcome, FromSandbox, ToSandbox } from './protocol.ts'

/**
 * One evaluation in one thread: QuickJS compiled to WebAssembly, so that a break-out of the interpreter ends in the
 * memory of the module, and what does not end by itself is ended with the thread.
 * 1. Memory: the WebAssembly memory cannot grow past `memoryBytesMax`. QuickJS's own limit is not enough: under
 *    emscripten it counts allocations, not their size (js_malloc_usable_size is 0), so many small ones pass it.
 * 2. Time: an interrupt handler ends loops inside; the tool terminates the thread if that fails.
 * 3. Stack: QuickJS's own limit, far below the thread's; the parser's recursion may reach the thread's, which is caught.
 * Handles live as long as the thread, which ends with the evaluation; those made per call are disposed at once.
 */
/** The little of WebAssembly's types that Node's own do not declare. */
type WasmMemory = { readonly buffer: ArrayBuffer }
declare const WebAssembly: { Memory: new (size: { initial: number; maximum: number }) => WasmMemory }

const pageBytes = 65_536
const pagesAtStart = 256
const stackBytesMax = 256 * 1024
const jobsPerTurn = 1000

const job = workerData as CodeJob
const port = parentPort as MessagePort
const post = (message: FromSandbox): void => port.postMessage(message)

class Sandbox {
  readonly #vm: QuickJSContext
  readonly #memory: WasmMemory
  readonly #deadline = performance.now() + job.timeoutMs
  readonly #pending = new Map<number, QuickJSDeferredPromise>()
  #wake = (): void => {}
  #calls = 0
  #output = ''
  #outputTruncated = false
  #interrupted = false

  constructor(vm: QuickJSContext, memory: WasmMemory) {
    this.#vm = vm
    this.#memory = memory
    vm.runtime.setMaxStackSize(stackBytesMax)
    vm.runtime.setInterruptHandler(() => {
      this.#interrupted ||= this.#late()
      return this.#interrupted
    })
  }

  async evaluate(): Promise<CodeOutcome> {
    try {
      return await this.#evaluate()
    } catch (error) {
      // The interpreter broke down: the host's stack ran out in its parser, or an allocation of the bridge failed.
      return this.#ended('threw', error instanceof Error ? error.message : String(error))
    }
  }

  async #evaluate(): Promise<CodeOutcome> {
    const vm = this.#vm
    const helpers = this.#helpers()
    const parse = vm.getProp(helpers, 'parse')
    const input = vm.unwrapResult(vm.callFunction(parse, vm.undefined, vm.newString(job.input)))
    const made = vm.evalCode(`(async function (input) {${job.code}\n})`, 'code.js')
    if (made.error) return this.#failed(helpers, made.error)
    const started = vm.callFunction(made.value, vm.undefined, input)
    if (started.error) return this.#failed(helpers, started.error)
    for (;;) {
      if (!this.#runJobs()) return this.#ended('timed-out', 'interrupted')
      const state = vm.getPromiseState(started.value)
      if (state.type === 'fulfilled') return this.#finished(helpers, state.value)
      if (state.type === 'rejected') return this.#failed(helpers, state.error)
      if (this.#pending.size === 0)
        return this.#ended('threw', 'the code awaits a promise that nothing will settle')
      if (!(await this.#answered())) return this.#ended('timed-out', 'awaiting a host function')
    }
  }

  answer(message: ToSandbox & { kind: 'answer' }): void {
    const promise = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    const vm = this.#vm
    if (!promise) return
    if (message.ok) vm.newString(message.value).consume((handle) => promise.resolve(handle))
    else vm.newError(message.value).consume((handle) => promise.reject(handle))
    this.#wake()
  }

  #helpers(): QuickJSHandle {
    const vm = this.#vm
    const print = vm.newFunction('print', (line) => this.#print(vm.getString(line)))
    const call = vm.newFunction('call', (name, args) => this.#call(vm.getString(name), vm.getString(args)))
    const names = vm.newString(JSON.stringify(job.functions))
    const setUp = vm.unwrapResult(vm.evalCode(prelude, 'prelude.js'))
    const resultMax = vm.newNumber(job.resultCharactersMax)
    return vm.unwrapResult(vm.callFunction(setUp, vm.undefined, print, call, names, resultMax))
  }

  #print(line: string): void {
    const room = job.outputCharactersMax - this.#output.length
    if (line.length + 1 > room) this.#outputTruncated = true
    this.#output += cut(`${line}\n`, room)
  }

  #call(name: string, args: string): QuickJSHandle {
    this.#calls += 1
    if (this.#calls > job.callsMax) throw new Error(`calls of host functions are bounded to ${job.callsMax}`)
    const promise = this.#vm.newPromise()
    this.#pending.set(this.#calls, promise)
    post({ kind: 'call', id: this.#calls, name, args })
    return promise.handle
  }

  /** False when the time is up. */
  #runJobs(): boolean {
    const { runtime } = this.#vm
    while (runtime.hasPendingJob()) {
      if (this.#late()) return false
      const ran = runtime.executePendingJobs(jobsPerTurn)
      if (ran.error) {
        ran.error.dispose()
        if (this.#interrupted) return false
      }
    }
    return !this.#interrupted
  }

  /** Waits for a host function's answer; false when the time is up. */
  #answered(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(0, this.#deadline - performance.now()))
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }

  #finished(helpers: QuickJSHandle, value: QuickJSHandle): CodeOutcome {
    const vm = this.#vm
    const json = vm.callFunction(vm.getProp(helpers, 'finish'), vm.undefined, value)
    if (json.error) return this.#failed(helpers, json.error)
    const type = vm.typeof(json.value)
    if (type === 'number') return this.#ended('result-too-large', `${vm.getNumber(json.value)} characters`)
    const result = type === 'string' ? vm.getString(json.value) : undefined
    return { end: 'returned', result, ...this.#console() }
  }

  #failed(helpers: QuickJSHandle, error: QuickJSHandle): CodeOutcome {
    if (this.#interrupted) return this.#ended('timed-out', 'interrupted')
    const vm = this.#vm
    const described = vm.callFunction(vm.getProp(helpers, 'describe'), vm.undefined, error)
    if (this.#interrupted) return this.#ended('timed-out', 'interrupted')
    const message = described.error ? 'an error that cannot be read' : vm.getString(described.value)
    // Without room for an Error object QuickJS throws null.
    const full = this.#memory.buffer.byteLength > job.memoryBytesMax * 0.75
    const exhausted =
      /^InternalError: out of memory/.test(message) || (full && /threw null|cannot be read/.test(message))
    return this.#ended(exhausted ? 'out-of-memory' : 'threw', message)
  }

  #late(): boolean {
    return performance.now() > this.#deadline
  }

  #console() {
    return { output: this.#output, outputTruncated: this.#outputTruncated }
  }

  #ended(end: 'threw' | 'timed-out' | 'out-of-memory' | 'result-too-large', message: string): CodeOutcome {
    return { end, message, ...this.#console() }
  }
}

const newSandbox = async (): Promise<() => Sandbox> => {
  const { newQuickJSWASMModuleFromVariant, newVariant, RELEASE_SYNC } = await import('quickjs-emscripten')
  const maximum = Math.floor(job.memoryBytesMax / pageBytes)
  const wasmMemory = new WebAssembly.Memory({ initial: pagesAtStart, maximum })
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(RELEASE_SYNC, { wasmMemory }))
  const vm = quickjs.newContext()
  return () => new Sandbox(vm, wasmMemory)
}

newSandbox().then(
  (start) => {
    let sandbox: Sandbox | undefined
    port.on('message', (message: ToSandbox) => {
      if (message.kind === 'answer') sandbox?.answer(message)
      else {
        sandbox = start()
        void sandbox.evaluate().then((outcome) => post({ kind: 'done', outcome }))
      }
    })
    post({ kind: 'ready' })
  },
  (error: Error) => post({ kind: 'missing', message: error.message }),
)
