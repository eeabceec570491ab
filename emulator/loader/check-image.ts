/**
 * What must hold of an Image whatever its format, so that placing and linking it
 * touches nothing but its own memory: segments in order and apart, every place to
 * patch inside one, every code address inside the image.
 */
import type { Image, ImageSegment } from './image.js';
import { SEGMENT_LIMIT, type Reader } from './reader.js';

const ADDRESS_LIMIT = { ia32: 2 ** 32, 'x86-64': 2 ** 47, arm64: 2 ** 47 } as const;

export function checkImage(r: Reader, image: Image): Image {
  const hex = (n: number): string => (n < 0 ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`);
  if (image.segments.length > SEGMENT_LIMIT) r.fail(`it has ${image.segments.length} segments, more than ${SEGMENT_LIMIT}`);
  if (image.preferredBase + image.span > ADDRESS_LIMIT[image.cpu])
    r.fail(`its base ${hex(image.preferredBase)} lies outside of the address space of ${image.cpu}`);
  const segments = [...image.segments].sort((a, b) => a.offset - b.offset);
  for (let i = 0; i < segments.length; i++) {
    const { offset, size, name } = segments[i];
    if (offset < 0 || offset + size > Math.ceil(image.span / 4096) * 4096)
      r.fail(`segment ${name} at ${hex(offset)} lies outside of the image`);
    if (i > 0 && segments[i - 1].offset + segments[i - 1].size > offset) r.fail(`segments ${segments[i - 1].name} and ${name} overlap`);
  }
  let last: ImageSegment | undefined;
  const holds = (segment: ImageSegment | undefined, offset: number, size: number): boolean =>
    segment !== undefined && offset >= segment.offset && offset + size <= segment.offset + segment.size;
  const inside = (offset: number, size: number): boolean =>
    holds(last, offset, size) || holds((last = segments.find((s) => s.prot !== 0 && holds(s, offset, size))), offset, size);
  for (const { offset, kind, size } of image.relocations) {
    const bytes = kind === 'word64' ? 8 : kind === 'copy' ? (size ?? 0) : 4;
    if (!inside(offset, bytes)) r.fail(`a relocation patches ${hex(offset)}, which lies in no segment`);
  }
  const code = (offset: number, what: string): void => {
    if (!(offset >= 0 && offset < image.span)) r.fail(`${what} ${hex(offset)} lies outside of the image`);
  };
  if (image.entry !== undefined) code(image.entry, 'the entry point');
  for (const offset of image.initializers) code(offset, 'the initialiser');
  for (const offset of image.finalizers) code(offset, 'the finaliser');
  for (const offset of image.tls?.callbacks ?? []) code(offset, 'the TLS callback');
  for (const offset of image.tls?.descriptors ?? [])
    if (!inside(offset, 24)) r.fail(`a thread-local variable's descriptor at ${hex(offset)} lies in no segment`);
  const index = image.tls?.indexOffset;
  if (index !== undefined && index !== 0 && !inside(index, 4))
    r.fail(`AddressOfIndex ${hex(index)} of the TLS directory lies in no segment`);
  return image;
}
