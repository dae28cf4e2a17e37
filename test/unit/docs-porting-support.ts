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

/** Functions of libevent 2.2, and macros that are called like functions, by header. */
export const LIBEVENT: Record<string, string> = {
  "listener.h":
    "evconnlistener_new evconnlistener_new_bind evconnlistener_free evconnlistener_enable evconnlistener_disable " +
    "evconnlistener_get_base evconnlistener_get_fd evconnlistener_set_cb evconnlistener_set_error_cb",
  "bufferevent.h":
    "bufferevent_socket_new bufferevent_socket_connect bufferevent_socket_connect_hostname " +
    "bufferevent_socket_connect_hostname_hints bufferevent_socket_get_dns_error bufferevent_base_set bufferevent_get_base " +
    "bufferevent_priority_set bufferevent_get_priority bufferevent_free bufferevent_setcb bufferevent_getcb bufferevent_setfd " +
    "bufferevent_replacefd bufferevent_getfd bufferevent_get_underlying bufferevent_write bufferevent_write_buffer " +
    "bufferevent_read bufferevent_read_buffer bufferevent_get_input bufferevent_get_output bufferevent_enable " +
    "bufferevent_disable bufferevent_get_enabled bufferevent_set_timeouts bufferevent_setwatermark bufferevent_getwatermark " +
    "bufferevent_lock bufferevent_unlock bufferevent_incref bufferevent_decref bufferevent_flush bufferevent_trigger " +
    "bufferevent_trigger_event bufferevent_filter_new bufferevent_pair_new bufferevent_pair_get_partner " +
    "ev_token_bucket_cfg_new ev_token_bucket_cfg_free bufferevent_set_rate_limit bufferevent_rate_limit_group_new " +
    "bufferevent_rate_limit_group_set_cfg bufferevent_rate_limit_group_set_min_share bufferevent_rate_limit_group_free " +
    "bufferevent_add_to_rate_limit_group bufferevent_remove_from_rate_limit_group bufferevent_set_max_single_read " +
    "bufferevent_set_max_single_write bufferevent_get_max_single_read bufferevent_get_max_single_write " +
    "bufferevent_get_read_limit bufferevent_get_write_limit bufferevent_get_max_to_read bufferevent_get_max_to_write " +
    "bufferevent_get_token_bucket_cfg bufferevent_rate_limit_group_get_read_limit " +
    "bufferevent_rate_limit_group_get_write_limit bufferevent_decrement_read_limit bufferevent_decrement_write_limit " +
    "bufferevent_rate_limit_group_decrement_read bufferevent_rate_limit_group_decrement_write " +
    "bufferevent_rate_limit_group_get_totals bufferevent_rate_limit_group_reset_totals",
  "bufferevent_ssl.h":
    "bufferevent_ssl_get_flags bufferevent_ssl_set_flags bufferevent_ssl_clear_flags bufferevent_openssl_filter_new " +
    "bufferevent_openssl_socket_new bufferevent_openssl_get_allow_dirty_shutdown bufferevent_openssl_set_allow_dirty_shutdown " +
    "bufferevent_openssl_get_ssl bufferevent_ssl_renegotiate bufferevent_get_openssl_error bufferevent_mbedtls_filter_new " +
    "bufferevent_mbedtls_socket_new bufferevent_mbedtls_get_allow_dirty_shutdown bufferevent_mbedtls_set_allow_dirty_shutdown " +
    "bufferevent_mbedtls_get_ssl bufferevent_mbedtls_renegotiate bufferevent_get_mbedtls_error " +
    "bufferevent_mbedtls_dyncontext_new bufferevent_mbedtls_dyncontext_free",
  "buffer.h":
    "evbuffer_new evbuffer_free evbuffer_set_max_read evbuffer_get_max_read evbuffer_enable_locking evbuffer_lock " +
    "evbuffer_unlock evbuffer_set_flags evbuffer_clear_flags evbuffer_get_length evbuffer_get_contiguous_space " +
    "evbuffer_expand evbuffer_reserve_space evbuffer_commit_space evbuffer_add evbuffer_remove evbuffer_copyout " +
    "evbuffer_copyout_from evbuffer_remove_buffer evbuffer_readln evbuffer_add_buffer evbuffer_add_buffer_reference " +
    "evbuffer_add_reference evbuffer_add_reference_with_offset evbuffer_add_file evbuffer_file_segment_new " +
    "evbuffer_file_segment_free evbuffer_file_segment_add_cleanup_cb evbuffer_add_file_segment evbuffer_add_printf " +
    "evbuffer_add_vprintf evbuffer_drain evbuffer_write evbuffer_write_atmost evbuffer_read evbuffer_search " +
    "evbuffer_search_range evbuffer_ptr_set evbuffer_search_eol evbuffer_peek evbuffer_add_cb evbuffer_remove_cb_entry " +
    "evbuffer_remove_cb evbuffer_cb_set_flags evbuffer_cb_clear_flags evbuffer_cb_suspend evbuffer_cb_unsuspend " +
    "evbuffer_pullup evbuffer_prepend evbuffer_prepend_buffer evbuffer_freeze evbuffer_unfreeze evbuffer_defer_callbacks " +
    "evbuffer_add_iovec",
  "event.h":
    "event_enable_debug_mode event_debug_unassign event_base_new event_reinit event_base_dispatch event_base_get_method " +
    "event_base_get_signal_method event_get_supported_methods event_gettime_monotonic event_base_get_num_events " +
    "event_base_get_max_events event_config_new event_config_free event_config_avoid_method event_base_get_features " +
    "event_config_require_features event_config_set_flag event_config_set_num_cpus_hint " +
    "event_config_set_max_dispatch_interval event_base_new_with_config event_base_free event_base_free_nofinalize " +
    "event_set_log_callback event_set_fatal_callback event_enable_debug_logging event_base_set event_base_loop " +
    "event_base_loopexit event_base_loopbreak event_base_loopcontinue event_base_got_exit event_base_got_break " +
    "event_self_cbarg event_new event_assign event_free event_finalize event_free_finalize event_base_once event_add " +
    "event_remove_timer event_del event_del_noblock event_del_block event_active event_pending event_base_get_running_event " +
    "event_initialized event_get_fd event_get_base event_get_events event_get_callback event_get_callback_arg " +
    "event_get_priority event_get_assignment event_get_struct_event_size event_get_version event_get_version_number " +
    "event_base_priority_init event_base_get_npriorities event_priority_set event_base_init_common_timeout " +
    "event_set_mem_functions event_base_dump_events event_base_active_by_fd event_base_active_by_signal " +
    "event_base_foreach_event event_base_gettimeofday_cached event_base_update_cache_time libevent_global_shutdown " +
    "evtimer_assign evtimer_new evtimer_add evtimer_del evtimer_pending evtimer_initialized evsignal_add evsignal_assign " +
    "evsignal_new evsignal_del evsignal_pending evsignal_initialized evuser_new evuser_del evuser_pending evuser_initialized " +
    "evuser_trigger event_get_signal",
  "watch.h": "evwatch_prepare_new evwatch_check_new evwatch_base evwatch_free evwatch_prepare_get_timeout",
};
