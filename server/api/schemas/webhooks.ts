import { Type } from 'typebox';

/** What came of a webhook, for the forge's list of deliveries. */
export const WebhookAnswer = Type.Object({ message: Type.String() });
