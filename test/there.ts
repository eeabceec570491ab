/** What a test is sure of: where it is not there, the test fails here. */
export function there<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('what the test looks at is not there');
  return value;
}
