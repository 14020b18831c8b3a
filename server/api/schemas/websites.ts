import { type Static, Type } from 'typebox';

import { Copy, LayerfilePath, strict, listOf } from './words.ts';

export const WebsiteList = listOf(
  Type.Object({
    layerfile: Type.String(),
    copy: Type.Optional(Type.Integer()),
    /** Where it begins: what EXPOSE WEBSITE says. */
    path: Type.String(),
    /** Names it in addresses. */
    id: Type.String(),
  }),
);
export type WebsiteList = Static<typeof WebsiteList>;

export const WebsiteWish = Type.Object({ layerfile: LayerfilePath, copy: Type.Optional(Copy) }, strict);

/** An address that lets whoever opens it in, once. */
export const WebsiteTicket = Type.Object({ url: Type.String() });
