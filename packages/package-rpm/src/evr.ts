/** Epoch, version and release of a package, or of a relation where the release may be missing. */
export interface Evr {
  /** 0 where none is written. */
  readonly epoch: number;
  readonly version: string;
  readonly release?: string | undefined;
}
