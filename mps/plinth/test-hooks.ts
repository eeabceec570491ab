/** What tests may take away from the collector; they must then lose objects. */
export interface TestHooks {
  /** Protect nothing. */
  noBarriers?: boolean;
  noRegisterScan?: boolean;
  noStackScan?: boolean;
}
