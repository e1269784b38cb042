/* images.c: the driver images among the loader's modules. */
#include "images.h"

#include <stdbool.h>

#include <ivm/system.h>

#include "kernel/format.h"
#include "kernel/wdm/image.h"

enum {
    TEXT_SIZE = 1024,
    SUFFIX_LENGTH = 4, /* ".sys" */
    KEY_LENGTH = 5,    /* "HWID=" */
};

/* GRUB puts a backslash before each backslash and quote of a module's text, and quotes around a word with
 * a blank; other loaders hand it over as it stands. */
static void unquote(const char *text, char *out, size_t size)
{
    size_t length = 0;
    for (; *text != '\0' && length < size - 1; text++) {
        bool is_quoted =
            *text == '\\' && (text[1] == '\\' || text[1] == '"' || text[1] == '\'');
        if (*text == '"')
            continue;
        text += is_quoted;
        out[length++] = *text;
    }
    out[length] = '\0';
}

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

static bool begins(const char *text, const char *start, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] != start[i])
            return false;
    }
    return true;
}

/* Small letters: DOS was not particular. */
static bool is_image(const char *name)
{
    size_t length = length_of(name);
    if (length <= SUFFIX_LENGTH)
        return false;
    char suffix[SUFFIX_LENGTH];
    for (size_t i = 0; i < SUFFIX_LENGTH; i++)
        suffix[i] = (char)(name[length - SUFFIX_LENGTH + i] | (i == 0 ? 0 : 0x20));
    return begins(suffix, ".sys", SUFFIX_LENGTH);
}

/* End the first word of a text; returns what is behind it, without the blanks before it. */
static char *end_word(char *text)
{
    while (*text != '\0' && *text != ' ')
        text++;
    while (*text == ' ')
        *text++ = '\0';
    return text;
}

/* A loader may give a path for a name. */
static const char *last_part(const char *path)
{
    const char *last = path;
    for (; *path != '\0'; path++) {
        if (*path == '/')
            last = path + 1;
    }
    return last;
}

static void add(const struct boot_module *module)
{
    char text[TEXT_SIZE];
    unquote(module->name, text, sizeof text);
    char *rest = end_word(text);
    const char *name = last_part(text);
    if (!is_image(name)) {
        ivm_log("the loader's module \"%s\" is no .sys: left alone", module->name);
        return;
    }
    const char *patterns = NULL;
    while (*rest != '\0') {
        char *word = rest;
        rest = end_word(rest);
        if (begins(word, "HWID=", KEY_LENGTH))
            patterns = word + KEY_LENGTH;
        else
            ivm_log("%s: cannot understand \"%s\"; going on", name, word);
    }
    const void *file = (const void *)(uintptr_t)module->first;
    if (image_add(name, file, module->end - module->first, patterns) != IVM_OK)
        ivm_log("%s: it cannot be loaded", name);
}

void images_add(const struct boot_info *info)
{
    for (size_t i = 0; i < info->module_count; i++)
        add(&info->modules[i]);
    if (info->modules_left_out != 0)
        ivm_log("%zu more modules of the loader are left out", info->modules_left_out);
}

void images_load(void)
{
    size_t count = 0, loaded = 0;
    for (struct image *image; (image = image_at(count)) != NULL; count++)
        loaded += image_load(image) == IVM_OK;
    if (count != 0)
        ivm_log("%zu of %zu driver images are loaded", loaded, count);
}
