/** Raised when the same request over the same indexes may be answered with other packages than before. */
export const SOLVER_VERSION = 2;
