/** The signature language of abi.ts, parsed, with each type's size and alignment under a data model. */

export type Kind = 'v' | 'i' | 'u' | 'l' | 'L' | 'p' | 'z' | 'w' | 'q' | 'Q' | 'f' | 'd' | 'D' | 'V' | 'struct';

export interface Type {
  kind: Kind;
  size: number;
  align: number;
  /** Structs: members with their offsets. */
  members?: { type: Type; offset: number }[];
}

export interface DataModel {
  word: 4 | 8;
  long: 4 | 8;
  /** Size of long double in memory, and what it is. */
  longDouble: 8 | 12 | 16;
  longDoubleFormat: 'double' | 'x87' | 'quad';
  /** Alignment of 8-byte scalars inside structs. */
  align8: 4 | 8;
}

export interface Signature {
  text: string;
  result: Type;
  args: Type[];
  variadic: boolean;
}

function scalar(kind: Kind, model: DataModel): Type {
  switch (kind) {
    case 'v':
      return { kind, size: 0, align: 1 };
    case 'i':
    case 'u':
    case 'f':
      return { kind, size: 4, align: 4 };
    case 'l':
    case 'L':
      return { kind, size: model.long, align: model.long };
    case 'p':
    case 'z':
    case 'w':
    case 'V':
      return { kind, size: model.word, align: model.word };
    case 'D':
      return { kind, size: model.longDouble, align: model.longDouble === 12 ? 4 : model.longDouble === 8 ? model.align8 : 16 };
    default:
      return { kind, size: 8, align: model.align8 };
  }
}

export function parseSignature(text: string, model: DataModel): Signature {
  let at = 0;
  const bad = (): never => {
    throw new Error(`bad signature '${text}' at ${at}`);
  };
  const type = (): Type => {
    const c = text[at++];
    if (c === '{') {
      const members: { type: Type; offset: number }[] = [];
      let size = 0;
      let align = 1;
      while (text[at] !== '}') {
        if (at >= text.length) bad();
        const member = type();
        size = Math.ceil(size / member.align) * member.align;
        members.push({ type: member, offset: size });
        size += member.size;
        align = Math.max(align, member.align);
      }
      at++;
      return { kind: 'struct', size: Math.ceil(size / align) * align, align, members };
    }
    return c !== undefined && 'viulLpzwqQfdDV'.includes(c) ? scalar(c as Kind, model) : bad();
  };
  const result = type();
  if (text[at++] !== '(') bad();
  const args: Type[] = [];
  let variadic = false;
  while (text[at] !== ')') {
    if (at >= text.length) bad();
    if (text[at] === '.') {
      variadic = true;
      at++;
    } else args.push(type());
  }
  return { text, result, args, variadic };
}

/** The scalars inside a type, flattened, with their offsets. */
export function scalars(type: Type, base = 0): { type: Type; offset: number }[] {
  if (!type.members) return [{ type, offset: base }];
  return type.members.flatMap((m) => scalars(m.type, base + m.offset));
}

export function isFloat(type: Type): boolean {
  return type.kind === 'f' || type.kind === 'd' || type.kind === 'D';
}
