/** Messages to the client: a queue per arena, types that are enabled or not, and the messages about collections. */
import type { HeapArena } from './heap-arena.js';
import type { TraceObserver } from '../trace/traced-arena.js';
import { TraceWhy, traceWhyText, type Trace } from '../trace/trace.js';

export const MessageType = { FINALIZATION: 0, GC: 1, GC_START: 2 } as const;
const TYPES = 3;

export abstract class Message {
  abstract readonly type: number;
  abstract readonly arena: HeapArena;
  /** Its block of guest memory. */
  abstract readonly address: number;
  /** When it was posted; 0 for finalization. */
  clock = 0;
  queued = false;

  /** Give up what the message holds. */
  abstract release(): void;

  finalizationRef(): number {
    this.arena.plinth.aver(false, 'MessageFinalizationRef', 'MessageGetType(message) == MessageTypeFINALIZATION');
    return 0;
  }
  get liveSize(): number {
    return this.wrong('MessageGCLiveSize', 'MessageTypeGC');
  }
  get condemnedSize(): number {
    return this.wrong('MessageGCCondemnedSize', 'MessageTypeGC');
  }
  get notCondemnedSize(): number {
    return this.wrong('MessageGCNotCondemnedSize', 'MessageTypeGC');
  }
  get why(): string {
    this.wrong('MessageGCStartWhy', 'MessageTypeGCSTART');
    return '';
  }
  private wrong(func: string, type: string): number {
    this.arena.plinth.aver(false, func, `MessageGetType(message) == ${type}`);
    return 0;
  }
}

class GCMessage extends Message {
  static readonly blockWords = 32;
  live = 0;
  condemned = 0;
  notCondemned = 0;
  reason: TraceWhy = TraceWhy.CHAIN_GEN0CAP;

  constructor(
    readonly arena: HeapArena,
    readonly address: number,
    readonly type: number,
  ) {
    super();
  }
  override release(): void {
    this.arena.controlFree(this.address, GCMessage.blockWords * this.arena.wordSize);
  }
  override get liveSize(): number {
    return this.type === MessageType.GC ? this.live : super.liveSize;
  }
  override get condemnedSize(): number {
    return this.type === MessageType.GC ? this.condemned : super.condemnedSize;
  }
  override get notCondemnedSize(): number {
    return this.type === MessageType.GC ? this.notCondemned : super.notCondemnedSize;
  }
  override get why(): string {
    return this.type === MessageType.GC_START ? traceWhyText[this.reason] : super.why;
  }
}

export class MessageQueue implements TraceObserver {
  readonly queue: Message[] = [];
  private readonly enabled: boolean[] = new Array<boolean>(TYPES).fill(false);
  /** Made in advance for the next trace, so that a trace can't fail for them. */
  private nextStart: GCMessage | undefined;
  private nextEnd: GCMessage | undefined;
  dropped = 0;

  constructor(private readonly arena: HeapArena) {}

  post(message: Message): void {
    const { events } = this.arena.port;
    if (!this.enabled[message.type]) {
      message.release();
      return;
    }
    if (events.on) events.emit('message-post', { type: message.type });
    message.queued = true;
    this.queue.push(message);
  }

  enable(type: number): void {
    if (this.checkType(type)) this.enabled[type] = true;
  }
  disable(type: number): void {
    if (!this.checkType(type)) return;
    this.enabled[type] = false;
    this.flush((m) => m.type === type);
  }
  private checkType(type: number): boolean {
    return this.arena.plinth.aver(type >= 0 && type < TYPES, 'MessageTypeCheck', 'type < MessageTypeLIMIT');
  }

  private flush(which: (message: Message) => boolean): void {
    for (const message of this.queue.filter(which)) {
      this.unlink(message);
      message.release();
    }
  }
  private unlink(message: Message): void {
    this.queue.splice(this.queue.indexOf(message), 1);
    message.queued = false;
  }

  get(type: number): Message | undefined {
    this.checkType(type);
    const message = this.queue.find((m) => m.type === type);
    if (message) this.unlink(message);
    return message;
  }
  discard(message: Message): void {
    if (this.arena.plinth.aver(!message.queued, 'MessageDiscard', '!MessageOnQueue(message)')) message.release();
  }

  /** Storage for the messages of the next trace. If there is none, that trace goes without. */
  prepareGC(): void {
    const { arena } = this;
    const make = (type: number): GCMessage | undefined => {
      const block = arena.controlAlloc(GCMessage.blockWords * arena.wordSize);
      return block < 0 ? undefined : new GCMessage(arena, block, type);
    };
    this.nextStart ??= make(MessageType.GC_START);
    this.nextEnd ??= make(MessageType.GC);
  }
  postGCStart(trace: Trace): void {
    const message = this.nextStart;
    if (!message || !this.nextEnd) {
      this.dropped++;
      return;
    }
    this.nextStart = undefined;
    message.reason = trace.why;
    message.clock = this.arena.port.clock();
    this.started = true;
    this.post(message);
  }
  private started = false;
  postGC(trace: Trace): void {
    const message = this.nextEnd;
    if (!this.started || !message) return;
    this.started = false;
    this.nextEnd = undefined;
    message.clock = this.arena.port.clock();
    message.live = trace.forwardedSize + trace.preservedInPlaceSize;
    message.condemned = trace.condemned;
    message.notCondemned = trace.notCondemned;
    this.post(message);
  }

  finish(): void {
    this.flush(() => true);
    this.nextStart?.release();
    this.nextEnd?.release();
    this.nextStart = this.nextEnd = undefined;
  }
}
