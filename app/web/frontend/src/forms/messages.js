/** All the words in a message, a list of messages, or messages by place. */
function words(found) {
  return typeof found === "string" ? [found] : Object.values(found ?? {}).flatMap(words);
}

/**
 * The field messages of a problem as [field, words] pairs.
 * @param {Record<string, unknown>} errors as marshmallow reports them
 */
export const messagesOf = (errors) => Object.entries(errors ?? {}).map(([field, found]) => [field, words(found).join(" ")]);
