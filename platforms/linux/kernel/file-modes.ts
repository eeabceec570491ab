/** Permissions of granted files, by what they are: the host's are not shown, but what the program has given counts. Source: open(2), umask(2), chmod(2). */
import { FileError, type FileSystem } from '../../file-system.js';

const PERMISSIONS = 0o7777;

export class FileModes {
  private readonly given = new Map<string, number>();

  constructor(private readonly system: FileSystem | undefined) {}

  /** Raises FileError where there is no such file. */
  private identity(path: string): string {
    if (!this.system) throw new FileError('ENOENT');
    return this.system.entry(path).identity;
  }

  /** Undefined: as all others. */
  of(path: string): number | undefined {
    try {
      return this.given.get(this.identity(path));
    } catch (error) {
      if (error instanceof FileError) return undefined;
      throw error;
    }
  }

  set(path: string, mode: number): void {
    this.given.set(this.identity(path), mode & PERMISSIONS);
  }
}
