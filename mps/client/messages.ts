/** Messages, and finalization, which reports by them (mps.h). */
import type { HostCall, HostFunction } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import type { Message } from '../heap/message.js';
import type { Client } from './client.js';

/** Longest text of mps_message_gc_start_why. */
const WHY = 127;

export function messageFunctions(client: Client): HostFunction[] {
  const d = client.define;
  const message = (call: HostCall, m: number): Message => client.object<Message>('Message', call, m, 'message');
  const size = (name: string, value: (m: Message) => number): HostFunction =>
    d(name, 'z(pp)', (call, a, m) => {
      client.arena(call, a);
      return value(message(call, m));
    });

  return [
    d('mps_message_type_enable', 'v(pu)', (call, a, type) => client.arena(call, a).messageTypeEnable(type)),
    d('mps_message_type_disable', 'v(pu)', (call, a, type) => client.arena(call, a).messageTypeDisable(type)),
    d('mps_message_poll', 'i(p)', (call, a) => (client.arena(call, a).messagePoll() ? 1 : 0)),
    d('mps_message_queue_type', 'i(pp)', (call, out, a) =>
      client.storing(
        call,
        out,
        'mps_message_type_o',
        () => {
          const type = client.arena(call, a).messageQueueType();
          return type === undefined ? { returns: 0 } : { returns: 1, store: type };
        },
        4,
      ),
    ),
    d('mps_message_get', 'i(ppu)', (call, out, a, type) =>
      client.storing(call, out, 'mps_message_o', () => {
        const arena: Arena = client.arena(call, a);
        const found = arena.messageGet(type);
        return found ? { returns: 1, store: client.handles.add('Message', found.address, found, arena) } : { returns: 0 };
      }),
    ),
    d('mps_message_discard', 'v(pp)', (call, a, m) => {
      const arena = client.arena(call, a);
      const old = message(call, m);
      client.handles.drop(m);
      arena.messageDiscard(old);
    }),
    d('mps_message_type', 'u(pp)', (call, a, m) => {
      client.arena(call, a);
      return message(call, m).type;
    }),
    d('mps_message_clock', 'z(pp)', (call, a, m) => {
      client.arena(call, a);
      return message(call, m).clock;
    }),
    d('mps_message_finalization_ref', 'v(ppp)', (call, out, a, m) => {
      client.aver(out !== 0, call.fn.name, 'mps_addr_return != NULL');
      const arena = client.arena(call, a);
      const ref = message(call, m).finalizationRef();
      // The place may lie in a barrier's shadow, where the MPS writes as the barrier requires.
      if (arena.hasAddr(out)) arena.poke(out, ref);
      else call.memory.setWord(out, ref);
    }),
    size('mps_message_gc_live_size', (m) => m.liveSize),
    size('mps_message_gc_condemned_size', (m) => m.condemnedSize),
    size('mps_message_gc_not_condemned_size', (m) => m.notCondemnedSize),
    d('mps_message_gc_start_why', 'p(pp)', (call, a, m) => {
      client.arena(call, a);
      return client.statics.string(message(call, m).why.slice(0, WHY));
    }),

    d('mps_finalize', 'i(pp)', (call, a, slot) => {
      const arena = client.arena(call, a);
      call.supervisor.word(slot);
      return arena.finalize(slot);
    }),
    d('mps_definalize', 'i(pp)', (call, a, slot) => {
      const arena = client.arena(call, a);
      call.supervisor.word(slot);
      return arena.definalize(slot);
    }),
  ];
}
