/** The MPS core for TypeScript: what the client layer and hosts use. */
export { Arena, type ArenaOptions, type TestHooks } from './arena/arena.js';
export { Buffer } from './heap/buffer.js';
export { Chain, type GenParam } from './heap/chain.js';
export { Format, type FormatArgs, type FormatMethods } from './heap/format.js';
export { History } from './trace/history.js';
export { Message, MessageType } from './heap/message.js';
export { MpsAssertion, Plinth, type PlinthOptions, type Variety } from './plinth/plinth.js';
export { Pool, type BufferArgs, type PoolArgs, type PoolClass } from './heap/pool.js';
export { amcClass, amczClass } from './pool/amc.js';
export { mfsClass } from './pool/mfs.js';
export { mvffClass } from './pool/mvff.js';
export { isAllocFailure, Rank, Res } from './plinth/res.js';
export { Root, RootMode } from './heap/root.js';
export { scanArea, scanAreaMasked, scanAreaTagged, scanAreaTaggedOrZero, type AreaScan } from './trace/scan-area.js';
export { ScanState } from './trace/scan-state.js';
export { Statistics, type PinnedExample } from './trace/statistics.js';
export { Thread } from './heap/thread.js';
export { RefSet } from './space/zone.js';
