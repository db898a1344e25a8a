#pragma once
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo take what they take by varargs, which Swift can't call.

static inline CURLcode iiot_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode iiot_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode iiot_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

// The bytes are not copied: they must stay where they are until the transfer ends.
static inline CURLcode iiot_curl_set_body(CURL *handle, const void *bytes, curl_off_t count) {
  CURLcode status = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
  return status ? status : curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes);
}

typedef size_t (*iiot_curl_taker)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode iiot_curl_set_takers(
    CURL *handle, iiot_curl_taker body, iiot_curl_taker header) {
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  return curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
}

// What both takers get.
static inline CURLcode iiot_curl_set_context(CURL *handle, void *context) {
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
  return curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

// The buffer of CURL_ERROR_SIZE bytes in which libcurl tells what went wrong.
static inline CURLcode iiot_curl_set_reason(CURL *handle, char *buffer) {
  return curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode iiot_curl_use_basic_authorization(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
}

typedef int (*iiot_curl_watcher)(
    void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

// The watcher is asked about once a second whether to go on; anything but 0 ends the transfer.
static inline CURLcode iiot_curl_set_watcher(CURL *handle, iiot_curl_watcher watcher) {
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watcher);
}

static inline long iiot_curl_status(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
