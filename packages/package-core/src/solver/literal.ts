/** A variable, twice, plus one when it is negated. Variables count from 0. */
export type Literal = number;

export const literalOf = (variable: number): Literal => variable << 1;
export const negationOf = (literal: Literal): Literal => literal ^ 1;
export const variableOf = (literal: Literal): number => literal >> 1;
export const isNegated = (literal: Literal): boolean => (literal & 1) === 1;
