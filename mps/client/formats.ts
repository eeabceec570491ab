/**
 * Object formats: the guest's format methods as the collector calls them, and the
 * functions that make formats. Source: mps.h, and the object format chapter of the MPS manual.
 */
import type { HostCall, HostFunction, Port } from '../../platforms/port.js';
import type { Arena } from '../arena/arena.js';
import type { Format, FormatArgs, FormatMethods } from '../heap/format.js';
import type { Args } from './args.js';
import type { Client } from './client.js';
import type { Layouts } from './layouts.js';

/** Addresses of a guest's format methods; undefined: not given, so that calling it is an error of the guest's. */
export interface GuestMethods {
  scan?: number | undefined;
  skip?: number | undefined;
  fwd?: number | undefined;
  isfwd?: number | undefined;
  pad?: number | undefined;
  class?: number | undefined;
}

/** Call the guest's methods, on the stack of the thread that is in the MPS. */
function wrapMethods(client: Client, guest: GuestMethods): Partial<FormatMethods> {
  const port: Port = client.port;
  const methods: Partial<FormatMethods> = {};
  const { scan, skip, fwd, isfwd, pad, class: classOf } = guest;
  if (scan !== undefined)
    methods.scan = (state, base, limit) => client.scans.scan(state, (ss) => port.callGuest(scan, 'i(ppp)', [ss, base, limit]));
  if (skip !== undefined) methods.skip = (object) => port.callGuest(skip, 'p(p)', [object]);
  if (fwd !== undefined) methods.fwd = (old, now) => void port.callGuest(fwd, 'v(pp)', [old, now]);
  if (isfwd !== undefined) methods.isfwd = (object) => port.callGuest(isfwd, 'p(p)', [object]);
  if (pad !== undefined) methods.pad = (base, size) => void port.callGuest(pad, 'v(pz)', [base, size]);
  if (classOf !== undefined) methods.class = (object) => port.callGuest(classOf, 'p(p)', [object]);
  return methods;
}

/** The methods that moving an object takes, if they were all given, and libmps's walk that calls them. */
function moving({ port, nextPinned }: Client, { isfwd, skip, fwd }: GuestMethods): FormatArgs['inGuest'] {
  if (!isfwd || !skip || !fwd) return undefined;
  const walk =
    nextPinned !== undefined &&
    ((seg: number, object: number, limit: number) => port.callGuest(nextPinned, 'p(ppp)', [seg, object, limit]));
  return { isfwd, skip, fwd, ...(walk && { nextPinned: walk }) };
}

interface Description extends GuestMethods {
  align?: number | undefined;
  headerSize?: number | undefined;
}

function fromArgs(args: Args): Description {
  return {
    align: args.take('FMT_ALIGN'),
    headerSize: args.take('FMT_HEADER_SIZE'),
    scan: args.take('FMT_SCAN'),
    skip: args.take('FMT_SKIP'),
    fwd: args.take('FMT_FWD'),
    isfwd: args.take('FMT_ISFWD'),
    pad: args.take('FMT_PAD'),
    class: args.take('FMT_CLASS'),
  };
}

export function formatFunctions(client: Client): HostFunction[] {
  const create = (call: HostCall, out: number, handle: number, describe: () => Description): number =>
    client.storing(call, out, 'mps_fmt_o', () => {
      const arena: Arena = client.arena(call, handle);
      const { align, headerSize, ...methods } = describe();
      for (const [name, address] of Object.entries(methods)) client.averCool(address !== 0, call.fn.name, `FUNCHECK(format->${name})`);
      const format = arena.fmtCreate({
        ...(align !== undefined && { align }),
        ...(headerSize !== undefined && { headerSize }),
        methods: wrapMethods(client, methods),
        inGuest: moving(client, methods),
      });
      return client.created('Format', format, arena);
    });
  /** The deprecated constructors take a structure with the methods. */
  const fromStructure = (name: string, layout: (layouts: Layouts) => Partial<Record<keyof Description, number>>): HostFunction =>
    client.define(name, 'i(ppp)', (call, out, arena, structure) =>
      create(call, out, arena, () => {
        if (!client.aver(structure !== 0, call.fn.name, 'mps_fmt != NULL')) client.wildRead(call, structure);
        const fields = Object.entries(layout(client.layouts)).map(([field, offset]) => [field, call.memory.word(structure + offset)]);
        return Object.fromEntries(fields) as Description;
      }),
    );

  return [
    client.define('mps_fmt_create_k', 'i(ppp)', (call, out, arena, args) =>
      create(call, out, arena, () => fromArgs(client.args(call, args))),
    ),
    fromStructure('mps_fmt_create_A', ({ fmtA: { size: _s, copy: _c, ...fields } }) => fields),
    fromStructure('mps_fmt_create_B', ({ fmtA: { size: _s, copy: _c, ...fields }, fmtB }) => ({ ...fields, class: fmtB.class })),
    fromStructure('mps_fmt_create_auto_header', ({ fmtAutoHeader: { size: _s, ...fields } }) => fields),
    fromStructure('mps_fmt_create_fixed', ({ fmtFixed: { size: _s, ...fields } }) => fields),
    client.define('mps_fmt_destroy', 'v(p)', (call, handle) => {
      client.object<Format>('Format', call, handle, 'format').destroy();
      client.handles.drop(handle);
    }),
  ];
}
