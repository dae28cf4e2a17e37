// Names of functions that a ported program may have called, as the headers of their libraries declare them.

/** Functions of Mongoose 6.18, by header. */
export const MONGOOSE_6: Record<string, string> = {
  "mg_net.h":
    "mg_mgr_init mg_mgr_init_opt mg_mgr_free mg_mgr_poll mg_broadcast mg_next mg_add_sock mg_add_sock_opt mg_bind mg_bind_opt " +
    "mg_connect mg_connect_opt mg_set_ssl mg_send mg_printf mg_vprintf mg_socketpair mg_resolve mg_check_ip_acl mg_set_timer " +
    "mg_time mg_forward",
  "mg_net_if.h":
    "mg_if_create_iface mg_find_iface mg_if_accept_new_conn mg_if_accept_tcp_cb mg_if_connect_cb mg_if_can_recv_cb " +
    "mg_if_can_send_cb mg_if_recv_udp_cb mg_if_poll mg_mgr_min_timer",
  "mg_http.h":
    "mg_set_protocol_http_websocket mg_send_websocket_handshake mg_send_websocket_handshake2 mg_send_websocket_handshake3 " +
    "mg_send_websocket_handshake3v mg_connect_ws mg_connect_ws_opt mg_send_websocket_frame mg_send_websocket_framev " +
    "mg_printf_websocket_frame mg_url_decode mg_hash_md5_v mg_hash_sha1_v mg_http_is_authorized " +
    "mg_http_send_digest_auth_request mg_status_message mg_connect_http_base",
  "mg_http_client.h": "mg_connect_http mg_connect_http_opt mg_http_create_digest_auth_header",
  "mg_http_server.h":
    "mg_parse_http mg_get_http_header mg_http_parse_header2 mg_http_parse_header mg_get_http_basic_auth " +
    "mg_parse_http_basic_auth mg_parse_multipart mg_get_http_var mg_serve_http mg_http_serve_file mg_file_upload_handler " +
    "mg_register_http_endpoint mg_register_http_endpoint_opt mg_http_check_digest_auth mg_check_digest_auth " +
    "mg_send_http_chunk mg_printf_http_chunk mg_send_response_line mg_http_send_error mg_http_send_redirect mg_send_head " +
    "mg_printf_html_escape mg_http_reverse_proxy",
  "mg_uri.h": "mg_parse_uri mg_assemble_uri mg_normalize_uri_path",
  "mg_util.h":
    "mg_skip mg_base64_decode mg_base64_encode mg_stat mg_fopen mg_open mg_fread mg_fwrite mg_start_thread " +
    "mg_set_close_on_exec mg_conn_addr_to_str mg_sock_to_str mg_sock_addr_to_str mg_hexdump mg_hexdumpf mg_hexdump_connection " +
    "mg_is_big_endian mg_mbuf_append_base64_putc mg_mbuf_append_base64 mg_basic_auth_header mg_url_encode_opt mg_url_encode " +
    "mg_match_prefix mg_match_prefix_n",
  "mg_ssl_if.h":
    "mg_ssl_if_init mg_ssl_if_conn_init mg_ssl_if_conn_accept mg_ssl_if_conn_close_notify mg_ssl_if_conn_free " +
    "mg_ssl_if_handshake mg_ssl_if_read mg_ssl_if_write",
  "mbuf.h": "mbuf_init mbuf_free mbuf_append mbuf_append_and_free mbuf_insert mbuf_remove mbuf_resize mbuf_move mbuf_clear mbuf_trim",
};

/** Functions of Mongoose 7.22, by header. */
export const MONGOOSE_7: Record<string, string> = {
  "net.h":
    "mg_mgr_poll mg_mgr_init mg_mgr_free mg_listen mg_connect mg_wrapfd mg_connect_resolved mg_send mg_printf mg_vprintf " +
    "mg_aton mg_alloc_conn mg_close_conn mg_open_listener mg_wakeup mg_wakeup_init mg_timer_add mg_connect_svc " +
    "mg_multicast_restore",
  "event.h": "mg_call mg_error",
  "iobuf.h": "mg_iobuf_init mg_iobuf_resize mg_iobuf_free mg_iobuf_add mg_iobuf_del",
  "http.h":
    "mg_http_parse mg_http_get_request_len mg_http_printf_chunk mg_http_write_chunk mg_http_listen mg_http_connect " +
    "mg_http_serve_dir mg_http_serve_file mg_http_reply mg_http_get_header mg_http_var mg_http_get_var mg_url_decode " +
    "mg_url_encode mg_http_creds mg_http_upload mg_http_start_upload mg_http_start_ota mg_http_bauth mg_http_get_header_var " +
    "mg_http_next_multipart mg_http_status",
  "ws.h": "mg_ws_connect mg_ws_upgrade mg_ws_send mg_ws_wrap mg_ws_printf mg_ws_vprintf",
  "ssi.h": "mg_http_serve_ssi",
  "str.h": "mg_match",
  "url.h": "mg_url_port mg_url_is_ssl mg_url_host mg_url_user mg_url_pass mg_url_uri",
  "timer.h": "mg_timer_init mg_timer_free mg_timer_poll",
};
